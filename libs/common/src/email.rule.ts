import { accept, defineRule, refuse, type Rule } from './rule.js';
import { textRule } from './text.rules.js';

/** RFC 5322 dot-atom, with the letters of every script (RFC 6531). */
const LOCAL_PART = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const DOMAIN_LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;
const MAX_LOCAL_PART = 64;
const emailText = textRule({ min: 1, max: 254, lossless: true });

/**
 * An e-mail address as written, without the root dot that a domain may end in; the letters of every script are welcome
 * (RFC 5321, RFC 6531).
 */
export const emailRule: Rule<string> = defineRule({ type: 'string', format: 'email', minLength: 3, maxLength: 254 }, (value) => {
  const text = emailText(value);
  if (!text.ok) return text;
  const address = text.value.replace(/\.$/, '');
  return isEmail(address) ? accept(address) : refuse('BAD_FORMAT', 'must be an e-mail address such as name@example.com');
});

function isEmail(address: string): boolean {
  const at = address.lastIndexOf('@');
  const labels = address.slice(at + 1).split('.');
  const local = address.slice(0, Math.max(at, 0));
  return local.length <= MAX_LOCAL_PART && LOCAL_PART.test(local) && labels.length > 1 && labels.every((label) => DOMAIN_LABEL.test(label));
}
