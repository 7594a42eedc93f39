import { Module } from '@nestjs/common';
import { AiModule } from '@app/ai';
import { ChatMemoryModule } from '@app/chat-memory';
import { CustomersModule } from '@app/customers';
import { NotificationsModule } from '@app/notifications';
import { ChatService } from './chat.service.js';
import { ConversationService } from './conversation.service.js';
import { DelimiterSource, RandomDelimiters } from './delimiter.source.js';
import { RecallService } from './recall.service.js';

/** Conversations between customers, the assistant and staff. */
@Module({
  imports: [AiModule, ChatMemoryModule, CustomersModule, NotificationsModule],
  providers: [ChatService, ConversationService, RecallService, { provide: DelimiterSource, useClass: RandomDelimiters }],
  exports: [ChatService, ConversationService],
})
export class ChatModule {}
