import { messageTokens, textTokens } from './tokens.js';

describe(textTokens, () => {
  it.each([
    ['', 0],
    ['abc', 2],
    ['a'.repeat(27), 10],
    ['ế'.normalize('NFD').repeat(27), 10],
  ])('should estimate %j at %i', (text, tokens) => {
    expect(textTokens(text)).toBe(tokens);
    expect(messageTokens(text)).toBe(tokens + 4);
  });
});
