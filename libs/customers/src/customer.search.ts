import { fold } from '@app/language';
import type { CustomerContent } from './customer.js';
import { digitsOf, phoneKey } from './customer.rules.js';

const SPACES = /\s+/u;
const SEPARATORS = /[^\p{L}\p{N}]+/u;
const PHONE_WORD = /^[\d().+-]*\d[\d().+-]*$/;
const PHONE_BEGINNING = /^[\d().+-]*/;
const VIETNAM = '84';

/**
 * What a search may begin with to find this customer: the folded words of name, e-mail and company, whole and cut at
 * punctuation, the digits of those that begin like a phone number, for a search asks for such by its digits, and every
 * suffix of the phone's digits in the national (0…) and international (84…) form, so that a prefix of a token is any
 * stretch of digits.
 */
export function searchTokens({
  email,
  fullName,
  company,
  phone,
}: Pick<CustomerContent, 'email' | 'fullName' | 'company' | 'phone'>): string[] {
  const tokens = new Set<string>();
  for (const word of fold(`${fullName} ${email} ${company ?? ''}`).split(SPACES)) {
    if (word === '') continue;
    const parts = [digitsOf(PHONE_BEGINNING.exec(word)?.[0] ?? ''), ...word.split(SEPARATORS)];
    for (const token of [word, ...parts]) if (token !== '') tokens.add(token);
  }
  if (phone !== null) for (const digits of phoneForms(phone)) for (let at = 0; at < digits.length; at++) tokens.add(digits.slice(at));
  return [...tokens];
}

function phoneForms(phone: string): string[] {
  const digits = digitsOf(phoneKey(phone) ?? phone);
  if (digits.startsWith(VIETNAM)) return [digits, `0${digits.slice(VIETNAM.length)}`];
  if (digits.startsWith('0')) return [digits, `${VIETNAM}${digits.slice(1)}`];
  return [digits];
}

/** The beginnings that a search asks for, the longest (and so most telling) first. A word written like a phone number counts by its digits. */
export function searchPrefixes(search: string): string[] {
  const words = fold(search).split(SPACES);
  const prefixes = words.map((word) => (PHONE_WORD.test(word) ? digitsOf(word) : word)).filter((word) => word !== '');
  return [...new Set(prefixes)].sort((a, b) => b.length - a.length);
}

/** A pattern for texts that begin with `prefix`, literally. */
export const beginsWith = (prefix: string): RegExp => new RegExp(`^${prefix.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`);
