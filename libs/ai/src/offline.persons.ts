import { fold } from '@app/language';

const NAME_WORD = '\\p{Lu}[\\p{L}\\p{M}’-]*';
const NAME = `(?<name>${NAME_WORD}(?: ${NAME_WORD}){0,4})`;
const FULL_NAME = `(?<name>${NAME_WORD}(?: ${NAME_WORD}){1,4})`;
const TITLE = '(?:[Aa]nh|[Cc]hị|[Cc]hi|[Cc]ô|[Cc]hú|[Bb]ác|[Ôôo]ng|[Bb]à|[Bb]ạn|[Kk]hách hàng|[Kk]hach hang|Mr\\.?|Mrs\\.?|Ms\\.?|Miss)';
const FAMILY = 'nguyen|tran|le|pham|hoang|huynh|phan|vu|vo|dang|bui|do|ho|ngo|duong|ly|truong|dinh|doan|trinh|dao|luu|cao|thai';

/** "của anh Nam", "cua Nguyen Van B", "John's", "about Anna Lee": somebody's matter. */
const POSSESSIVES: readonly RegExp[] = [
  new RegExp(`(?<!\\p{L})(?:[Cc]ủa|[Cc]ua|[Vv]ề|[Cc]ho) (?:${TITLE} )?${NAME}`, 'gu'),
  new RegExp(`(?<!\\p{L})${NAME}['’]s(?!\\p{L})`, 'gu'),
  new RegExp(`(?<!\\p{L})(?:of|for|about) (?:${TITLE} )?${NAME}`, 'gu'),
];
const TITLED = new RegExp(`(?<!\\p{L})${TITLE} ${NAME}`, 'gu');
const FULL = new RegExp(`(?<!\\p{L})${FULL_NAME}`, 'gu');
/** Without capitals a name is told by its family and middle names, or by what stands before it. On folded text. */
const LOWER_CASE = new RegExp(
  `\\b(?<name>(?:${FAMILY}) (?:van|thi) [a-z]+)|\\bcua (?:(?:anh|chi|ong|ba|co|chu|khach hang) )?(?<owner>(?:nguyen|tran|pham|huynh|bui) [a-z]+)`,
  'g',
);
const RELATION =
  /\bcua (?:vo|chong|me|bo|cha|con|ban gai|ban trai|hang xom|nguoi yeu|nguoi khac|(?:nhung )?khach (?:hang )?khac|ai do|nguoi ta|dong nghiep|sep)\b|\b(?:my|the) (?:wife|husband|mother|father|son|daughter|friend|neighbou?r|boss|colleague)['’]s\b|\b(?:someone|somebody|anyone) else['’]s\b|\b(?:another|other) (?:person|people|customers?|users?)\b/;
const INTRODUCES_SELF =
  /(?:tôi|mình|em|tên|anh|chị|toi|minh|ten) (?:tôi |em |mình )?(?:là|la|tên|ten) $|(?:i am|i['’]m|name is|this is) $/iu;
/** Capitalised words that begin no name of a person. */
const NOT_A_NAME = new Set(
  `internet wifi fpt ftel telecom combo camera play box tv hotline otp viet ha ho sai da tp phap google facebook zalo samsung apple iphone viettel vnpt mobifone vinaphone quan huyen phuong cong tong trung
  what when where who how why which it that this there here he she let today yesterday tomorrow i my the
  january february march april may june july august september october november december
  monday tuesday wednesday thursday friday saturday sunday khi bao`.split(/\s+/),
);
const PLACES = /^(?:ha noi|ho chi minh|sai gon|da nang|ha long|hai phong|viet nam|can tho)/;

/** What is known of the asker, to tell them from another. */
export interface Asker {
  fullName: string | null;
  /** The asker's own notices: a technician named there may be asked about. */
  notices: readonly string[];
}

const namesIn = (text: string, patterns: readonly RegExp[]): string[] =>
  patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)]
      .filter((match) => !INTRODUCES_SELF.test(text.slice(0, match.index + match[0].indexOf(match.groups?.['name'] ?? ''))))
      .map((match) => fold(match.groups?.['name'] ?? match.groups?.['owner'] ?? '')),
  );

const startsLikeFamily = new RegExp(`^(?:${FAMILY})\\b`);

/** Whether a question is about a person other than the asker: by name, or as the matter of a relative or a stranger. */
export function asksAboutAnother(text: string, { fullName, notices }: Asker): boolean {
  const source = text.normalize('NFC');
  const folded = fold(source);
  if (RELATION.test(folded)) return true;
  const own = new Set(fold(fullName ?? '').split(' '));
  const isOther = (name: string): boolean => {
    const words = name.split(' ');
    if (PLACES.test(name) || (NOT_A_NAME.has(words[0] ?? '') && !(startsLikeFamily.test(name) && words.length > 2))) return false;
    return !words.every((word) => own.has(word));
  };
  // All in capitals, every word looks like a name.
  const capitals = source === source.toUpperCase() ? '' : source;
  if (namesIn(capitals, POSSESSIVES).some(isOther)) return true;
  const mentioned = [...namesIn(capitals, [TITLED]), ...namesIn(capitals, [FULL]).filter((name) => startsLikeFamily.test(name))];
  const known = notices.map(fold);
  return [...mentioned, ...namesIn(folded, [LOWER_CASE])].some((name) => isOther(name) && !known.some((notice) => notice.includes(name)));
}
