import { fold } from './fold.js';
import type { SlotKind } from './slots.js';

/** What a question wants to know of the thing it asks about. */
export type Aspect = 'when' | 'how-much' | 'percent' | 'code' | 'where' | 'link' | 'how';

/** The figures that answer an aspect; a place and a way to do something have none. */
export const ASPECT_SLOTS: Readonly<Record<Aspect, readonly SlotKind[]>> = {
  when: ['date', 'time'],
  'how-much': ['amount', 'percent'],
  percent: ['percent'],
  code: ['code'],
  where: [],
  link: ['link'],
  how: [],
};

/** On folded text. "mã" without its mark is also "mà", so it counts only before a word that makes it a code. */
const ASKS: Readonly<Record<Aspect, RegExp>> = {
  when: /\b(?:khi nao|bao gio|luc nao|chung nao|may gio|gio nao|(?:ngay|hom|thu|thang|buoi|tuan) (?:nao|may|bao nhieu)|ngay gio|thoi gian|han (?:chot|cuoi|thanh toan|dong|nop|tra|su dung|dung|den|la|chung)|(?:den|het|toi) han|han(?= *\?| *$)|when|what (?:time|day|date|month)|which (?:day|date)|due|deadline|until when|how soon|expir\w+)\b/,
  'how-much':
    /\b(?<!(?:ngay|thang|gio|so) )bao nhieu(?! (?:ngay|thang|gio|phut|lan|nguoi|phan tram|%))\b|\b(?:may tien|nhieu tien|bn tien|bnhieu|so tien|tong tien|tong cong|gia (?:the nao|sao|ca)|may (?:trieu|nghin|tram|dong)|how much|what(?: is|'s)? (?:the |my )?(?:\w+ )?(?:amount|price|cost|fee|total|charge|balance)|amount|cost)\b/,
  percent: /\b(?:phan tram|percent(?:age)?|may %|bao nhieu %)/,
  code: /\b(?:ma (?:so|don|otp|lich|phieu|giam|khuyen|uu|van|xac|hop|khach|dat|nao|gi|la|voucher|cua|do|qua)|so (?:hop dong|don|van don|tai khoan|dien thoai|hotline|tong dai|may)|(?:otp|voucher|promo|discount|tracking|order|reference|customer|contract|phone|hotline|verification|confirmation|coupon) ?(?:code|number|id|no)|code|voucher|otp|hotline|tong dai)\b/,
  where:
    /\b(?:o dau|cho nao|noi nao|tai dau|(?:dia chi|dia diem)(?: nao| o dau| la| cua|$)|den dau|dia diem|where|wherever|which (?:address|location|office|store|branch)|what(?: is|'s) the (?:address|location|venue))\b/,
  link: /\b(?:link|duong dan|duong link|website|trang web|url)\b/,
  how: /\b(?:cach (?:nao|thuc|thanh|dong|dang|su)|lam (?:sao|the nao)|bang gi|how (?:do|can|could|should|would) (?:i|we)|how to)\b/,
};
const CODE_WITH_MARK = /(?<!\p{L})mã(?!\p{L})/iu;

/** The aspects a question asks for, in the order of {@link Aspect}; empty when it only names a subject. */
export function askedAspects(question: string): Aspect[] {
  const folded = fold(question);
  const asks = (aspect: Aspect): boolean =>
    ASKS[aspect].test(folded) || (aspect === 'code' && CODE_WITH_MARK.test(question.normalize('NFC')));
  return (Object.keys(ASPECT_SLOTS) as Aspect[]).filter(asks);
}
