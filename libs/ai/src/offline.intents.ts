import { fold, isStopWord, words } from '@app/language';
import type { ProfileField } from './offline.phrases.js';
import type { Question } from './offline.questions.js';

/** What a message wants, as far as its words tell. */
export type Intent =
  | { kind: 'human' | 'complaint' | 'said' | 'greeting' | 'thanks' | 'introduction' | 'acknowledged' | 'newest' | 'detail' }
  | { kind: 'profile'; field: ProfileField };

const HUMAN =
  /\b(?:gap|noi chuyen voi|ket noi|chuyen (?:cho|toi|den|qua|may)?|lien he voi|cho (?:toi|minh|em|chi|anh)? ?gap|can) (?:\w+ )?(?:nhan vien|tu van vien|tong dai vien|nguoi that|nguoi ho tro|con nguoi)\b|\b(?:talk|speak|chat|connect me|transfer me) (?:to|with) (?:an? |the |your )?(?:\w+ )?(?:human|person|agent|representative|staff|operator|someone)\b|\b(?:human|live) agent\b|\breal person\b/;
const COMPLAINT =
  /\b(?:khieu nai|phan nan|buc xuc|that vong|te qua|qua te|te hai|lua dao|khong hai long|qua kem|kem qua|vo trach nhiem|lam an (?:gi|kieu)|complain(?:t|ing)?|terrible|awful|unacceptable|furious|scam|ridiculous|disappointed|worst)\b/;
const SAID =
  /\b(?:toi|minh|anh|chi|tui) (?:da |vua |co )*(?:noi|hoi|nhan|nhan tin|viet|ke|bao)(?: voi (?:em|ban|bot))? (?:gi|nhung gi|cai gi|dieu gi|ve gi)\b|\bwhat (?:did|have|had) i (?:just )?(?:say|said|ask|asked|tell|told|write|written|mention|mentioned)\b/;
const GREETING = /\b(?:xin chao|chao|alo|hello|hi|hey|good (?:morning|afternoon|evening))\b/;
const THANKS = /\b(?:cam on|cam un|thank you|thanks|thank|tks|thx|tam biet|bye|goodbye)\b/;
const INTRODUCTION =
  /\b(?:(?:em|ban|bot|ban) la (?:ai|gi|nguoi hay)|lam duoc (?:nhung )?gi|giup (?:duoc )?(?:gi|nhung gi)|who are you|what are you|what can you do|are you (?:a )?(?:bot|robot|human|ai))\b|^(?:help|menu|huong dan|giup (?:toi|minh|em|anh|chi)(?: voi)?)\W*$/;
const ACKNOWLEDGED =
  /^(?:ok\w*|u|uh|um|vang|da|duoc|yes|yeah|no|khong|roi|hieu roi|biet roi|the thoi)(?: (?:em|a|nhe|roi|thanks?|cam on|anh|chi))*[ .!]*$/;
const NOTICES =
  /\b(?:thong bao|tin nhan|tin gi|gi moi|bao gi|gui gi|nhan gi|nhac gi|notifications?|notices?|messages?|news|anything new|what(?: is|'s) new|send me|sent me)\b/;

/** "… của tôi", "my …": a field of the profile and nothing else. On folded text. */
const OWN = /\b(?:cua|ve) (?:toi|minh|em|anh|chi|tui)\b|\b(?:toi|minh) (?:ten|o|lam)\b|\bmy\b|\bi (?:live|work)\b|\bten (?:toi|minh)\b/;
const FIELDS: Readonly<Record<ProfileField, RegExp>> = {
  email: /\be-?mail\b|\bthu dien tu\b/,
  phone: /\b(?:so )?(?:dien thoai|sdt|di dong)\b|\b(?:phone|mobile|telephone)(?: number)?\b/,
  company: /\bcong ty\b|\bcompany\b|\bemployer\b/,
  position: /\bchuc (?:vu|danh)\b|\bposition\b|\bjob title\b/,
  city: /\bthanh pho\b|\bcity\b/,
  address: /\bdia chi\b|\baddress\b|\bo dau\b|\bwhere do i live\b/,
  full_name: /\b(?:ho )?ten\b|\bname\b/,
};
const FIELD_CONCEPTS = new Set(['phone', 'address', 'customer']);
const FIELD_WORDS = new Set(
  'email thu dien tu cong ty company chuc danh vu position job title thanh pho city ho ten name full ho so profile lam live work'.split(
    ' ',
  ),
);

const SOCIAL_WORDS = new Set(
  'xin chao alo hello hi hey good morning afternoon evening cam on un thank thanks you tks thx tam biet bye goodbye nhieu oke ok okay very so em anh chi shop admin ad bot ngay moi tot lanh nhe'.split(
    ' ',
  ),
);
const isOnlySocial = (text: string): boolean => words(text).every((word) => SOCIAL_WORDS.has(word.fold) || isStopWord(word));

function profileField(folded: string, { subject }: Question): ProfileField | null {
  if (!OWN.test(folded)) return null;
  const isAboutMore = subject.units.some((unit) =>
    'concept' in unit ? !FIELD_CONCEPTS.has(unit.concept) : 'word' in unit ? !FIELD_WORDS.has(unit.word) : true,
  );
  if (isAboutMore) return null;
  return (Object.keys(FIELDS) as ProfileField[]).find((field) => FIELDS[field].test(folded)) ?? null;
}

/** The first rule that fits decides. Politeness counts only when there is nothing else in the message. */
export function intentOf(question: Question): Intent {
  const folded = fold(question.text);
  if (HUMAN.test(folded)) return { kind: 'human' };
  if (COMPLAINT.test(folded)) return { kind: 'complaint' };
  if (SAID.test(folded)) return { kind: 'said' };
  const field = profileField(folded, question);
  if (field !== null) return { kind: 'profile', field };
  if (INTRODUCTION.test(folded)) return { kind: 'introduction' };
  const namesNothing = question.subject.units.length === 0;
  if (namesNothing && question.aspects.length === 0 && (NOTICES.test(folded) || question.time.order === 'latest'))
    return { kind: 'newest' };
  if (ACKNOWLEDGED.test(folded)) return { kind: 'acknowledged' };
  if (isOnlySocial(question.text)) {
    if (THANKS.test(folded)) return { kind: 'thanks' };
    if (GREETING.test(folded)) return { kind: 'greeting' };
  }
  return { kind: 'detail' };
}
