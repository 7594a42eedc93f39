import { extractSlots, fold, terms } from '@app/language';
import { buildIndex, search, type RetrievableRecord, type RetrievalIndex } from './retriever.js';

const ZONE = 'Asia/Ho_Chi_Minh';
const NOW = new Date('2026-11-20T02:00:00Z');
const OPTIONS = { now: NOW, timeZone: ZONE };

type Given = Pick<RetrievableRecord, 'id' | 'text'> & Partial<RetrievableRecord>;

const record = ({ id, text, subject = null, ...given }: Given): RetrievableRecord => ({
  id,
  kind: 'notice',
  at: NOW,
  text,
  subject,
  terms: terms(`${subject ?? ''}\n${text}`),
  slots: extractSlots(text),
  topicKey: null,
  supersededBy: null,
  notificationType: null,
  ...given,
});
const ids = (index: RetrievalIndex, question: string): string[] => search(index, question, OPTIONS).map((found) => found.record.id);

describe(search.name, () => {
  const index = buildIndex([
    record({
      id: 'bill10',
      at: new Date('2026-10-12T03:00:00Z'),
      text: 'Cước Internet tháng 10 là 265.000 đ. Hạn thanh toán: 25/10/2026.',
    }),
    record({
      id: 'bill11',
      at: new Date('2026-11-12T03:00:00Z'),
      text: 'Cước Internet tháng 11 là 275.000 đ. Hạn thanh toán: 25/11/2026.',
    }),
    record({ id: 'order', at: new Date('2026-11-15T03:00:00Z'), text: 'Đơn hàng #DH1024 sẽ được giao ngày 21/11/2026.' }),
    record({ id: 'old', at: new Date('2026-11-10T03:00:00Z'), text: 'Bảo trì hệ thống lúc 23:00 ngày 22/11/2026.', supersededBy: 'new' }),
    record({ id: 'new', at: new Date('2026-11-14T03:00:00Z'), text: 'Bảo trì hệ thống dời sang 22:00 ngày 24/11/2026.' }),
    record({ id: 'said', kind: 'message', at: new Date('2026-11-19T03:00:00Z'), text: 'Cho tôi hỏi về hợp đồng' }),
  ]);

  it.each([
    ['Cước tháng 10 bao nhiêu?', 'bill10'],
    ['cuoc thang 11 bao nhieu', 'bill11'],
    ['When is my payment for November due?', 'bill11'],
    ['Đơn dh1024 tới đâu rồi', 'order'],
    ['Mai có giao hàng không?', 'order'],
    ['Bảo trì khi nào?', 'new'],
    ['Cước mới nhất?', 'bill11'],
    ['hợp đồng của tôi', 'said'],
    ['275k là tiền gì', 'bill11'],
  ])('should put first what answers "%s"', (question, id) => {
    expect(ids(index, question)[0]).toBe(id);
  });

  it('should leave out what was replaced unless the question asks for it, and then mark it', () => {
    expect(ids(index, 'Bảo trì ngày nào?')).not.toContain('old');
    expect(search(index, 'Lúc đầu bảo trì ngày nào?', OPTIONS)[0]).toMatchObject({ record: { id: 'old' }, isReplaced: true });
  });

  it('should take days as those inside a notice before those of its sending', () => {
    expect(ids(index, 'Ngày 12/11 em báo gì?')).toEqual(['bill11']);
    expect(ids(index, 'ngày 25/11 có gì')).toEqual(['bill11']);
  });

  it.each(['Giá vàng hôm nay bao nhiêu?', 'Mật khẩu wifi của tôi là gì?', 'đơn hàng #DH9999', 'thời tiết Hà Nội', 'xin chào', ''])(
    'should find nothing for "%s"',
    (question) => {
      expect(ids(index, question)).toEqual([]);
    },
  );

  it('should be able to search nothing', () => {
    expect(search(buildIndex([]), 'Cước bao nhiêu?', OPTIONS)).toEqual([]);
  });
});

/** A repeatable stream of numbers in [0, 1): mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One customer's year: bills, orders, visits, maintenance that moves, offers, and small talk. Every question knows its answer. */
function generate(seed: number): { records: RetrievableRecord[]; questions: { class: string; text: string; answer: string }[] } {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const pad = (value: number): string => String(value).padStart(2, '0');
  const records: RetrievableRecord[] = [];
  const questions: { class: string; text: string; answer: string }[] = [];
  const ask = (kind: string, answer: string, ...texts: string[]): void => {
    for (const text of texts) questions.push({ class: kind, text, answer });
  };
  const typo = (text: string, word: string): string => text.replace(word, word.slice(0, -2) + word.slice(-1) + word.slice(-2, -1));

  for (let month = 1; month <= 11; month++) {
    const id = `bill-${month}`;
    const amount = `${200 + Math.floor(random() * 300)}.000 đ`;
    records.push(
      record({
        id,
        at: new Date(Date.UTC(2026, month - 1, 5, 3)),
        topicKey: id,
        text: `Cước Internet tháng ${month} của quý khách là ${amount}. Hạn thanh toán: 25/${pad(month)}/2026.`,
      }),
    );
    ask('exact', id, `Cước Internet tháng ${month} là bao nhiêu?`);
    ask('unaccented', id, `cuoc internet thang ${month} het bao nhieu tien`);
    ask('synonym', id, `Hạn chót đóng tiền mạng tháng ${month} là ngày nào?`);
    ask('temporal', id, `Hóa đơn ngày 25/${month}/2026 bao nhiêu?`);
    ask('typo', id, typo(`Hạn thanh toán tháng ${month} là khi nào?`, 'toán'));
    ask(
      'english',
      id,
      `How much is my bill for ${['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November'][month - 1] ?? ''} 2026?`,
    );
  }
  for (let n = 0; n < 40; n++) {
    const id = `order-${n}`;
    const code = `DH${1000 + n * 7}`;
    const day = new Date(Date.UTC(2026, Math.floor(random() * 11), 1 + Math.floor(random() * 27), 3));
    records.push(
      record({
        id,
        at: day,
        topicKey: id,
        text: `Đơn hàng #${code} đã được xác nhận, dự kiến giao ${day.getUTCDate()}/${day.getUTCMonth() + 1}/2026. Tổng tiền: ${100 + n}.000 đ.`,
      }),
    );
    ask('exact', id, `Đơn hàng #${code} bao giờ giao?`);
    ask('unaccented', id, `don ${code.toLowerCase()} khi nao toi`);
    ask('english', id, `When will order ${code} be delivered?`);
  }
  for (const [n, place] of [
    'quận Ba Đình',
    'quận Cầu Giấy',
    'phường Bến Nghé',
    'xã Hòa Xuân',
    'thị trấn Trâu Quỳ',
    'phường Thảo Điền',
  ].entries()) {
    records.push(
      record({
        id: `old-${n}`,
        at: new Date(Date.UTC(2026, 8, 1 + n)),
        topicKey: `work-${n}`,
        supersededBy: `new-${n}`,
        text: `FTEL bảo trì đường truyền tại ${place} lúc 23:00 ngày ${10 + n}/9/2026.`,
      }),
    );
    records.push(
      record({
        id: `new-${n}`,
        at: new Date(Date.UTC(2026, 8, 5 + n)),
        topicKey: `work-${n}`,
        text: `FTEL dời lịch bảo trì tại ${place} sang 22:00 ngày ${20 + n}/9/2026.`,
      }),
    );
    ask('update', `new-${n}`, `Bảo trì ở ${place} lúc mấy giờ?`, `bao tri tai ${fold(place)} ngay nao`);
    ask('update', `old-${n}`, `Lúc đầu bảo trì ở ${place} là ngày nào?`);
  }
  const talk = [
    'Cảm ơn em nhiều nhé',
    'Ok em',
    'Để anh xem lại đã',
    'Mạng nhà anh hơi chậm',
    'Hôm nay anh bận',
    'Em cho hỏi chút',
    'Anh sẽ chuyển khoản sau',
    'Đơn hàng đẹp lắm em',
  ];
  for (let n = 0; n < 250; n++) {
    records.push(
      record({
        id: `talk-${n}`,
        kind: 'message',
        at: new Date(Date.UTC(2026, 0, 1) + random() * 320 * 86_400_000),
        text: `${pick(talk)}, ${pick(talk).toLowerCase()}`,
      }),
    );
  }
  return { records, questions };
}

describe('quality over a year of one customer', () => {
  const { records, questions } = generate(20_261_120);
  const index = buildIndex(records);
  const missed = (kind: string | null, within: number): string[] =>
    questions
      .filter((question) => kind === null || question.class === kind)
      .filter(({ text, answer }) => !ids(index, text).slice(0, within).includes(answer))
      .map(({ text, answer }) => `${text} → ${answer}, not ${ids(index, text)[0] ?? 'nothing'}`);

  it('should find the evidence first for 97 of 100 questions and among six for all', () => {
    expect(records.length).toBeGreaterThan(300);
    expect(missed(null, 1).length / questions.length).toBeLessThanOrEqual(0.03);
    expect(missed(null, 6)).toEqual([]);
  });

  it.each(['exact', 'unaccented', 'synonym', 'temporal', 'typo', 'english', 'update'])(
    'should put the evidence first for questions of the class %s',
    (kind) => {
      expect(missed(kind, 1)).toEqual([]);
    },
  );

  it('should find nothing for what nobody told the customer', () => {
    const foreign = [
      'Giá vàng hôm nay?',
      'Mật khẩu wifi là gì?',
      'Thời tiết ngày mai thế nào?',
      'Ai thắng trận tối qua?',
      'Bitcoin giá bao nhiêu?',
      'Điểm thi của con tôi',
      'What is the capital of France?',
      'tien dien thang 11 bao nhieu',
      'Đơn hàng #DH999999 đâu?',
      'Bảo hiểm xe hết hạn khi nào?',
    ];
    expect(foreign.filter((question) => ids(index, question).some((id) => !id.startsWith('talk')))).toEqual([]);
  });
});
