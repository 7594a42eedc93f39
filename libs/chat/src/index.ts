export { HistoryScopeRequiredError, ReplyTargetRequiredError } from './chat.errors.js';
export { ChatModule } from './chat.module.js';
export { ChatService, type AnsweredTurn, type SendMessage } from './chat.service.js';
export { ConversationService, type ReplyTarget } from './conversation.service.js';
