/** Money and times of day in folded text. */
interface Mention {
  value: string;
  start: number;
  end: number;
}

const NUMBER = '\\d{1,3}(?:[.,]\\d{3})+(?:[.,]\\d{1,2})?(?!\\d)|\\d+(?:[.,]\\d{1,2})?(?![\\d])';
const SCALE: Readonly<Record<string, number>> = { k: 1e3, nghin: 1e3, ngan: 1e3, tr: 1e6, trieu: 1e6, cu: 1e6, ty: 1e9, ti: 1e9 };
const CURRENCY: Readonly<Record<string, string>> = {
  d: 'VND',
  '₫': 'VND',
  vnd: 'VND',
  dong: 'VND',
  usd: 'USD',
  $: 'USD',
  dollars: 'USD',
  dollar: 'USD',
  eur: 'EUR',
  '€': 'EUR',
  euros: 'EUR',
};
const END = '(?![\\p{L}\\p{N}])';
const SCALE_WORD = 'nghin|ngan|trieu|tr|ty|ti|k';
const CURRENCY_WORD = 'vnd|dong|usd|dollars?|eur|euros|d|₫|\\$|€';
const NOT_INSIDE = '(?<![\\p{L}\\p{N}.,/#-])';

const PATTERN = new RegExp(
  [
    // 2 triệu 300 nghìn đồng · 1tr2 · 275k · 1,5 triệu đ
    `${NOT_INSIDE}(?<scaled>${NUMBER}) ?(?<scale>${SCALE_WORD})(?:(?<tail>\\d)${END}| (?<more>\\d{1,3}) ?(?<moreScale>nghin|ngan|trieu|k)${END}|${END})(?: ?(?<scaledIn>${CURRENCY_WORD})${END})?`,
    // $12.50 · VND 275,000
    `${NOT_INSIDE}(?<prefix>vnd|usd|eur|₫|\\$|€) ?(?<prefixed>${NUMBER})${END}`,
    // 275.000 đ · 12 USD
    `${NOT_INSIDE}(?<plain>${NUMBER}) ?(?<suffix>${CURRENCY_WORD})${END}`,
    // 275.000
    `${NOT_INSIDE}(?<bare>[1-9]\\d{0,2}(?:\\.\\d{3})+|[1-9]\\d{0,2}(?:,\\d{3})+)(?![\\p{L}\\p{N}%]|[.,]\\d)`,
  ].join('|'),
  'gu',
);

/** A separator before exactly three digits groups; the last of two kinds, or one before fewer digits, is the decimal point. */
function numberOf(text: string): number {
  const last = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','));
  if (last < 0) return Number(text);
  const decimals = text.slice(last + 1);
  const whole = text.slice(0, last).replace(/[.,]/g, '');
  const separators = new Set(text.replace(/\d/g, ''));
  return decimals.length === 3 && separators.size === 1 ? Number(whole + decimals) : Number(`${whole}.${decimals}`);
}

function amountOf(groups: Record<string, string | undefined>): string {
  const { scaled, scale = '', tail, more, moreScale = '', scaledIn, prefix, prefixed, plain, suffix, bare } = groups;
  if (scaled !== undefined) {
    const unit = SCALE[scale] ?? 1;
    const rest = tail !== undefined ? Number(tail) * (unit / 10) : Number(more ?? 0) * (SCALE[moreScale] ?? 1);
    return `${Math.round((numberOf(scaled) * unit + rest) * 100) / 100} ${CURRENCY[scaledIn ?? 'd'] ?? 'VND'}`;
  }
  if (prefixed !== undefined) return `${numberOf(prefixed)} ${CURRENCY[prefix ?? ''] ?? ''}`;
  if (plain !== undefined) return `${numberOf(plain)} ${CURRENCY[suffix ?? ''] ?? ''}`;
  return String(numberOf(bare ?? ''));
}

/** Amounts of money, and numbers grouped by thousands, of a folded text. */
export function amountMentions(folded: string): Mention[] {
  return [...folded.matchAll(PATTERN)].map((match) => ({
    value: amountOf(match.groups ?? {}),
    start: match.index,
    end: match.index + match[0].length,
  }));
}

const DURATION_BEFORE = /(?:trong|vong|sau|moi|suot|toi da|within|after|for|every) (?:vong )?$/;
const TIME =
  /(?<![\d:.,/])(?:(?<hour>\d{1,2})(?::|h| gio ?)(?<minute>[0-5]\d)(?::[0-5]\d)?|(?<full>\d{1,2}) ?(?:h|gio|(?=(?:a\.?m|p\.?m)\b)))(?![\d]|[a-z]*\d)(?: ?(?<ampm>a\.?m|p\.?m)\b| (?<part>sang|trua|chieu|toi)\b)?(?!\p{L})/gu;

/** Times of day of a folded text as `HH:MM`: 8h30, 14:30, 2 giờ chiều, 9 pm. Durations ("trong 24 giờ") are not. */
export function timeMentions(folded: string): Mention[] {
  return [...folded.matchAll(TIME)].flatMap((match) => {
    const { hour, minute = '00', full, ampm, part } = match.groups ?? {};
    if (minute === '00' && full !== undefined && DURATION_BEFORE.test(folded.slice(0, match.index))) return [];
    const said = Number(hour ?? full);
    const isAfternoon = part === 'chieu' || part === 'toi' || ampm?.startsWith('p') === true;
    const value = isAfternoon && said < 12 ? said + 12 : ampm?.startsWith('a') && said === 12 ? 0 : said;
    if (value > 23) return [];
    return [{ value: `${String(value).padStart(2, '0')}:${minute}`, start: match.index, end: match.index + match[0].length }];
  });
}
