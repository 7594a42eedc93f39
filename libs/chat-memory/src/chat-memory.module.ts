import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ChatSweeper } from './chat-sweeper.js';
import { ChatWindow } from './chat-window.js';
import { MemoryStatsService } from './memory-stats.service.js';
import { MemoryRepository } from './memory.repository.js';
import { CUSTOMER_MEMORY, customerMemorySchema, MEMORY_FACTS, memoryFactSchema } from './memory.schema.js';
import { MessageRepository } from './message.repository.js';
import { MESSAGES, messageSchema } from './message.schema.js';
import { MessageService } from './message.service.js';
import { NoticeInbox } from './notice-inbox.js';
import { SessionRepository } from './session.repository.js';
import { SESSIONS, sessionSchema } from './session.schema.js';
import { SessionService } from './session.service.js';
import { TurnService } from './turn.service.js';

/** Conversations with customers: what was said, by whom, and what is remembered of it. */
@Module({
  imports: [
    MongooseModule.forFeature([
      { name: SESSIONS, schema: sessionSchema },
      { name: MESSAGES, schema: messageSchema },
      { name: CUSTOMER_MEMORY, schema: customerMemorySchema },
      { name: MEMORY_FACTS, schema: memoryFactSchema },
    ]),
  ],
  providers: [
    SessionRepository,
    MessageRepository,
    MemoryRepository,
    ChatWindow,
    NoticeInbox,
    SessionService,
    MessageService,
    TurnService,
    MemoryStatsService,
  ],
  exports: [SessionService, MessageService, TurnService, ChatWindow, MemoryStatsService],
})
export class ChatMemoryModule {}

/** For the worker: conversations that mend themselves. */
@Module({ imports: [ChatMemoryModule], providers: [ChatSweeper] })
export class ChatSweepModule {}
