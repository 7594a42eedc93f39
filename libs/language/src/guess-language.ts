import { words } from './words.js';

export type Language = 'vi' | 'en';

/** Frequent words of one language that are not words of the other, also when Vietnamese is typed without marks. */
const TELLING: Record<Language, ReadonlySet<string>> = {
  vi: new Set(
    `toi khong ko bao nhieu cua nao gi khi duoc nhe oi cho minh ban phai dong tien thong hom nay roi chua vay cung da voi
    chi muon hoi biet xin chao cam quy khach den truoc sau ngay thang gio luc dau cuoc hoa nhung the nhi a em bn vang ha vay cuoi mai nhat
    thanh toan hop lich hen giao mat khau giup ghi quen nho`.split(/\s+/),
  ),
  en: new Set(
    `the is are was were my your you what when where how much many which who does did do have has can could would please tell me
    i it of to for and in on at this that with need want know hello hi thanks thank bill payment order due pay there not will any new notification notifications`.split(
      /\s+/,
    ),
  ),
};

/**
 * The language of a text by its marks and function words, or null when nothing tells ("DH1024?", "ok").
 * Vietnamese without marks is recognised by its function words; a capital with marks may be only a name.
 */
export function guessLanguage(text: string): Language | null {
  let vi = 0;
  let en = 0;
  const source = text.normalize('NFC');
  for (const word of words(source)) {
    const initial = source.charAt(word.start);
    if (word.marks !== '') vi += initial === initial.toLowerCase() ? 2 : 0.5;
    else {
      if (TELLING.vi.has(word.fold)) vi += 1;
      if (TELLING.en.has(word.fold)) en += 1;
    }
  }
  if (vi === en) return null;
  return vi > en ? 'vi' : 'en';
}
