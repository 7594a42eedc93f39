export { AiModule } from './ai.module.js';
export { citationMark, knownIds, readCitations, type Citation, type CitedText, type KnownIds } from './citations.js';
export { unsupportedFigures } from './grounding.js';
export {
  LanguageModel,
  type AnswerLanguage,
  type FinishReason,
  type ModelHealth,
  type ModelMessage,
  type ModelReply,
  type ModelRequest,
  type PromptRecord,
  type PromptRecordKind,
  type TokenUsage,
} from './language-model.js';
export { ModelUnavailableError } from './language-model.errors.js';
export { OfflineModel } from './offline.model.js';
export { BLOCKED_REPLY, SYSTEM_POLICY } from './policy.js';
