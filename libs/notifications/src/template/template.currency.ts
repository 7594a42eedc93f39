/** Digits grouped by three with one kind of separator, as people write amounts: 275.000 or 1,250,000. */
const GROUPED = /^-?[1-9]\d{0,2}(?:([.,\u00a0 ])\d{3}(?:\1\d{3})*)$/;
const PLAIN = /^-?\d+(?:\.\d+)?$/;
const SIGN_OF_DONG = /(?:đ|₫|vnđ|vnd)$/i;
/** Nobody writes an amount longer than this; what is longer is not looked into. */
const MAX_AMOUNT_TEXT = 40;

/**
 * A number, or the number a text writes: `275000`, `275.000`, `1,250,000`, `275.000 đ`, `12.5`. Exactly three digits
 * after each separator are thousands, as in Vietnamese amounts. Null for anything else.
 */
export function parseAmount(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || value.length > MAX_AMOUNT_TEXT) return null;
  const text = value.trim().replace(SIGN_OF_DONG, '').trimEnd();
  if (GROUPED.test(text)) return Number(text.replace(/[.,\u00a0 ]/g, ''));
  return PLAIN.test(text) ? Number(text) : null;
}

const group = (digits: string, separator: string): string => digits.replace(/\B(?=(?:\d{3})+$)/g, separator);

function formatDong(amount: number, vietnamese: boolean): string {
  const whole = Math.round(Math.abs(amount));
  const sign = amount < 0 && whole > 0 ? '-' : '';
  const digits = BigInt(whole).toString();
  return vietnamese ? `${sign}${group(digits, '.')} đ` : `${sign}${group(digits, ',')} VND`;
}

/** `275.000 đ` for a Vietnamese reader, `275,000 VND` for others; other ISO 4217 codes as the language writes them. Null for what is no code. */
export function formatCurrency(amount: number, code: string, language: string): string | null {
  if (!/^[A-Z]{3}$/.test(code)) return null;
  if (code === 'VND') return formatDong(amount, /^vi\b/i.test(language));
  return new Intl.NumberFormat(Intl.NumberFormat.supportedLocalesOf(language)[0] ?? 'en', { style: 'currency', currency: code }).format(
    amount,
  );
}
