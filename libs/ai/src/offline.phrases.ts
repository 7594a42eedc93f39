import type { Aspect } from '@app/language';
import type { AnswerLanguage } from './language-model.js';

/** The fields of a profile that a customer may ask for, by their names on the wire. */
export type ProfileField = 'full_name' | 'email' | 'phone' | 'address' | 'city' | 'company' | 'position';

interface Phrases {
  greeting: string;
  thanks: string;
  introduction: string;
  human: string;
  complaint: string;
  otherPerson: string;
  unknown: string;
  noNotice: string;
  nothingSaid: string;
  closing: string;
  quote: (day: string, quotes: string, mark: string) => string;
  replaced: (day: string, quotes: string, mark: string) => string;
  missing: (aspects: readonly Aspect[]) => string;
  which: (names: readonly string[]) => string;
  notice: (subject: string, day: string) => string;
  youSaid: (quote: string, day: string | null, mark: string) => string;
  profile: (field: ProfileField, value: string) => string;
  noProfile: (field: ProfileField) => string;
}

const FIELD: Record<AnswerLanguage, Record<ProfileField, string>> = {
  vi: {
    full_name: 'họ tên',
    email: 'email',
    phone: 'số điện thoại',
    address: 'địa chỉ',
    city: 'thành phố',
    company: 'công ty',
    position: 'chức vụ',
  },
  en: {
    full_name: 'name',
    email: 'e-mail',
    phone: 'phone number',
    address: 'address',
    city: 'city',
    company: 'company',
    position: 'position',
  },
};

const ASPECT: Record<AnswerLanguage, Record<Aspect, string>> = {
  vi: {
    when: 'thời gian',
    'how-much': 'số tiền',
    percent: 'tỷ lệ phần trăm',
    code: 'mã hoặc số',
    where: 'địa điểm',
    link: 'đường dẫn',
    how: 'cách thực hiện',
  },
  en: {
    when: 'a date or time',
    'how-much': 'an amount',
    percent: 'a percentage',
    code: 'a code or number',
    where: 'a place',
    link: 'a link',
    how: 'how to do it',
  },
};

/** Everything the offline assistant says that is not a quotation. */
export const PHRASES: Record<AnswerLanguage, Phrases> = {
  vi: {
    greeting: 'Dạ, em chào anh/chị. Em là trợ lý của FTEL, em có thể giúp gì cho anh/chị ạ?',
    thanks: 'Dạ, không có gì ạ. Khi cần anh/chị cứ nhắn cho em nhé.',
    introduction:
      'Dạ, em là trợ lý của FTEL. Em trả lời các câu hỏi về những thông báo đã gửi cho anh/chị, như hạn thanh toán, lịch hẹn hay đơn hàng.',
    human: 'Dạ, em đã ghi nhận và chuyển anh/chị tới nhân viên hỗ trợ. Anh/chị vui lòng chờ trong giây lát ạ.',
    complaint: 'Dạ, em rất xin lỗi vì trải nghiệm này của anh/chị. Em đã ghi nhận và chuyển tới nhân viên hỗ trợ để xử lý ạ.',
    otherPerson: 'Dạ, em chỉ có thể trao đổi về thông tin của chính anh/chị, em không cung cấp thông tin của người khác ạ.',
    unknown:
      'Dạ, em chưa có thông tin về nội dung này trong các thông báo đã gửi cho anh/chị. Anh/chị có muốn em chuyển tới nhân viên hỗ trợ không ạ?',
    noNotice: 'Dạ, em chưa thấy thông báo nào như vậy gửi cho anh/chị. Anh/chị có muốn em chuyển tới nhân viên hỗ trợ không ạ?',
    nothingSaid: 'Dạ, em chưa thấy tin nhắn nào của anh/chị về nội dung này ạ.',
    closing: 'Anh/chị cần em hỗ trợ thêm gì không ạ?',
    quote: (day, quotes, mark) => `Dạ, theo thông báo ngày ${day}: ${quotes} ${mark}.`,
    replaced: (day, quotes, mark) => `Dạ, thông báo trước đó ngày ${day}, nay đã được thay thế, ghi: ${quotes} ${mark}.`,
    missing: (aspects) =>
      `Thông báo này không ghi ${aspects.map((aspect) => ASPECT.vi[aspect]).join(' và ')}; anh/chị có muốn em chuyển tới nhân viên hỗ trợ không ạ?`,
    which: (names) => `Dạ, có ${names.length} thông báo phù hợp: ${names.join('; ')}. Anh/chị muốn hỏi về thông báo nào ạ?`,
    notice: (subject, day) => `“${subject}” ngày ${day}`,
    youSaid: (quote, day, mark) =>
      day === null ? `Dạ, anh/chị đã nhắn: "${quote}".` : `Dạ, ngày ${day} anh/chị đã nhắn: "${quote}" ${mark}.`,
    profile: (field, value) => `Dạ, ${FIELD.vi[field]} trong hồ sơ của anh/chị là: ${value}.`,
    noProfile: (field) =>
      `Dạ, hồ sơ của anh/chị chưa có ${FIELD.vi[field]}. Anh/chị có muốn em chuyển tới nhân viên hỗ trợ để cập nhật không ạ?`,
  },
  en: {
    greeting: 'Hello, this is the assistant of FTEL. How can I help you?',
    thanks: 'You are welcome. Write to me whenever you need anything.',
    introduction:
      'I am the assistant of FTEL. I answer questions about the notifications you received, such as payment dates, appointments and orders.',
    human: 'I have noted this and am passing you on to a member of our staff. One moment, please.',
    complaint: 'I am very sorry about this experience. I have noted it and passed it on to our staff, who will take care of it.',
    otherPerson: 'I can only talk about your own information, not about that of another person.',
    unknown: 'I have no information about this in the notifications sent to you. Shall I pass you on to a member of our staff?',
    noNotice: 'I do not see such a notification sent to you. Shall I pass you on to a member of our staff?',
    nothingSaid: 'I do not see a message of yours about this.',
    closing: 'Is there anything else I can do for you?',
    quote: (day, quotes, mark) => `According to the notification of ${day}: ${quotes} ${mark}.`,
    replaced: (day, quotes, mark) => `The earlier notification of ${day}, which has been replaced since, said: ${quotes} ${mark}.`,
    missing: (aspects) =>
      `It does not state ${aspects.map((aspect) => ASPECT.en[aspect]).join(' or ')}; shall I pass you on to a member of our staff?`,
    which: (names) => `There are ${names.length} notifications that fit: ${names.join('; ')}. Which one do you mean?`,
    notice: (subject, day) => `“${subject}” of ${day}`,
    youSaid: (quote, day, mark) => (day === null ? `You wrote: "${quote}".` : `On ${day} you wrote: "${quote}" ${mark}.`),
    profile: (field, value) => `The ${FIELD.en[field]} in your profile is: ${value}.`,
    noProfile: (field) => `Your profile has no ${FIELD.en[field]} yet. Shall I pass you on to a member of our staff to add it?`,
  },
};
