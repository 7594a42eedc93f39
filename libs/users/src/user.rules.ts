import { composeText, defineRule, refuse, textRule, type Rule } from '@app/common';

const USERNAME = /^[A-Za-z0-9._-]{3,64}$/;
const CONTROL = /\p{Cc}/u;

/** bcrypt reads 72 bytes and drops the rest without a word. */
const MAX_PASSWORD_BYTES = 72;
const MIN_PASSWORD = 8;
const MAX_PASSWORD = 128;

const usernameText = textRule({ min: 3, max: 64 });

/** The name somebody logs in with: never contains `@`, so it cannot be taken for an e-mail address. */
export const usernameRule: Rule<string> = defineRule({ ...usernameText.schema, pattern: USERNAME.source }, (value) => {
  const text = usernameText(value);
  if (!text.ok) return text;
  return USERNAME.test(text.value) ? text : refuse('BAD_FORMAT', 'may contain only letters a–z, digits, dots, hyphens and underscores');
});

export const fullNameRule: Rule<string> = textRule({ min: 1, max: 200 });

/** A password someone gives to prove who they are: composed (NFC) but never trimmed. */
export const givenPasswordRule: Rule<string> = passwordText(1);

/** A new password, 8 to 128 characters. What may be chosen is narrower: {@link exceedsPasswordBytes}, `isCommonPassword`. */
export const newPasswordRule: Rule<string> = passwordText(MIN_PASSWORD);

/** Whether part of the password would not count: it has over 72 bytes in UTF-8. */
export const exceedsPasswordBytes = (password: string): boolean => Buffer.byteLength(password) > MAX_PASSWORD_BYTES;

/** The form in which usernames and e-mail addresses are compared. */
export const foldName = (name: string): string => name.trim().normalize('NFC').toLowerCase().normalize('NFC');

function passwordText(min: number): Rule<string> {
  return defineRule({ type: 'string', format: 'password', minLength: min, maxLength: MAX_PASSWORD }, (value) => {
    if (typeof value !== 'string') return refuse('WRONG_TYPE', 'must be a string');
    const composed = composeText(value, MAX_PASSWORD);
    if (!composed.ok) return composed;
    const password = composed.value;
    if (!password.isWellFormed() || CONTROL.test(password)) {
      return refuse('BAD_CHARACTER', 'must not contain control characters or broken surrogates');
    }
    const length = [...password].length;
    if (length === 0) return refuse('REQUIRED', 'must not be empty');
    if (length < min) return refuse('TOO_SHORT', `must have at least ${min} characters`);
    return length > MAX_PASSWORD ? refuse('TOO_LONG', `must have at most ${MAX_PASSWORD} characters`) : composed;
  });
}
