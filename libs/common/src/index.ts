export type { Actor } from './actor.js';
export { Clock, SystemClock } from './clock.js';
export { emailRule } from './email.rule.js';
export { DomainError, raise, type DomainErrorDetails, type ErrorKind, type Violation } from './errors.js';
export type { JsonObject, JsonValue } from './json.js';
export { decodeCursor, encodeCursor, InvalidCursorError, type CursorPosition, type Page, type PageRequest } from './page.js';
export { accept, defineRule, refuse, type Checked, type Rule, type RuleSchema } from './rule.js';
export { composeText, REPLACEMENT, textRule, type TextLimits } from './text.rules.js';
