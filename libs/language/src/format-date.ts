import { civilDate } from './calendar.js';
import type { Language } from './guess-language.js';

const ENGLISH_MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

const FORMATS: Record<Language, (day: number, month: number, year: number) => string> = {
  vi: (day, month, year) => `${String(day).padStart(2, '0')}/${String(month).padStart(2, '0')}/${year}`,
  en: (day, month, year) => `${day} ${ENGLISH_MONTHS[month - 1] ?? ''} ${year}`,
};

/** The day of an instant as people of that language write it: `12/11/2026`, `12 Nov 2026`. Independent of the ICU version. */
export function formatDate(at: Date, lang: Language, timeZone: string): string {
  const { year, month, day } = civilDate(at, timeZone);
  return FORMATS[lang](day, month, year);
}
