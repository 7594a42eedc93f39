import { fold, marksOf } from './fold.js';
import type { Word } from './words.js';

const VIETNAMESE = `
  à ạ ai anh ấy ay ban bạn bao bị bởi bên các cái càng chắc chẳng chỉ chị cho chú chưa chứ chúng có còn con cô cũng của
  dạ dùm đang đã đâu đây đấy đến để đều đi đó được đừng em gì giờ giúp hả hãy hay hỏi hoặc hơn hết khác khi không ko kia
  là lại làm lắm lên lúc luôn lần mà mấy mình mới mọi mỗi một muốn nào này nay nên nếu nhà nhé nhỉ nhiêu nhiều như nhưng nó nói
  ơi ở phải quá quên quý rằng rất rồi ra sao gửi bên sắp sau sẽ tôi tại tất tham theo thế thể thì thôi tới trên trong trước từ tuy
  và vẫn vào vâng vậy vầy về vì việc với vừa xin xem thưa kính gửi chào cảm ơn biết nữa cần hiện ngay bn bnhiêu nhiu mk mik dc đc hông hem nha
  thông báo
`;
const ENGLISH = `
  a about again all also am an and any are as at be been but by can could did do does doing for from get give go got had has have he
  hello her here him his how i if in into is it its just know let like me mine more much many must my need not of on or our out
  please shall she should so some tell than thank thanks that the their them then there these they this those to up us want was we
  were what when where which who why will with would you your yours dear regarding s t m re ll ve d
  notification notifications notice notices message messages
`;
/** Words of questions, dates and figures: they say how something is asked, not what about. */
const NEUTRAL = `
  ngày tháng năm giờ phút tuần buổi thứ số phần trăm dịch vụ nhận tin thông trả lời đúng sai chính xác cụ chi tiết nội dung khi dịp
  tên khoảng cộng bằng báo day date time days hour hours month week year number info information detail details link website web
  trang long soon until exactly right correct true come coming comes go going happen happens start starts begin take place still already new
`;
/** Typed without marks these may be a function word or a word that matters ("vang": vâng, vàng); they are kept. */
const AMBIGUOUS = new Set(['vang', 'ma', 'tat', 'may']);

type WordIndex = ReadonlyMap<string, ReadonlySet<string>>;

function indexOf(list: string): WordIndex {
  const index = new Map<string, Set<string>>();
  for (const word of list.split(/\s+/).filter(Boolean)) {
    const marks = index.get(fold(word)) ?? new Set();
    index.set(fold(word), marks.add(marksOf(word)));
  }
  return index;
}

const STOP_INDEX = indexOf(`${VIETNAMESE} ${ENGLISH}`);
const NEUTRAL_INDEX = indexOf(NEUTRAL);

function isIn(index: WordIndex, word: Word): boolean {
  const marks = index.get(word.fold);
  return marks !== undefined && (marks.has(word.marks) || (word.marks === '' && !AMBIGUOUS.has(word.fold)));
}

/** Whether a word carries grammar, address or politeness rather than a subject. */
export const isStopWord = (word: Word): boolean => isIn(STOP_INDEX, word);

/** Whether a word, though no stop word, names no subject of a question. */
export const isNeutralWord = (word: Word): boolean => isStopWord(word) || isIn(NEUTRAL_INDEX, word);
