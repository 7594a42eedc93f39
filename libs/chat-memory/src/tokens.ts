/** What a message costs beside its text. */
const MESSAGE_OVERHEAD_TOKENS = 4;
const CHARACTERS_A_TOKEN = 2.7;

/** Tokens of a text alone, an estimate from above for Vietnamese and English. */
export const textTokens = (text: string): number => Math.ceil(text.normalize('NFC').length / CHARACTERS_A_TOKEN);

/** Tokens of a message with this text. */
export const messageTokens = (text: string): number => textTokens(text) + MESSAGE_OVERHEAD_TOKENS;
