import { placeInTime } from './place-in-time.js';
import { extractSlots } from './slots.js';
import { correctSpelling, vocabularyOf } from './spelling.js';
import { coverageOf, coveredShare, relatedTerms, subjectOf } from './subject.js';
import { terms } from './terms.js';
import { timeRange } from './time-range.js';

const NOTICE = 'Cước Internet tháng 11 là 275.000 đ. Hạn thanh toán: 25/11/2026. Mã hợp đồng: SGD-2288.';

describe(correctSpelling.name, () => {
  const vocabulary = vocabularyOf(terms(`${NOTICE} Modem sẽ được giao hàng.`));

  it.each([
    ['hạn thanh toám', 'hạn thanh toan'],
    ['thnah toán chưa', 'thanh toán chưa'],
    ['modme của tôi', 'modem của tôi'],
    ['internt', 'internet'],
  ])('should put right "%s"', (question, corrected) => {
    expect(correctSpelling(question, vocabulary)).toBe(corrected);
  });

  it.each(['Giá vàng hôm nay', 'thanh toán', 'hợp đồng SGD-2299', 'payment', 'thành phố'])('should leave "%s" as it is', (question) => {
    expect(correctSpelling(question, vocabulary)).toBe(question);
  });
});

describe(coveredShare.name, () => {
  const coverage = coverageOf(terms(NOTICE), extractSlots(NOTICE));
  const share = (question: string): number => coveredShare(subjectOf(question), coverage);

  it('should be whole for what a text is about, in either language', () => {
    for (const question of ['Khi nào phải thanh toán?', 'cuoc internet', 'How much is the payment?', 'SGD2288', 'Bao nhiêu tiền?'])
      expect(share(question)).toBe(1);
  });

  it('should be nearly whole for a related thing, and small for another', () => {
    expect(share('hóa đơn')).toBeCloseTo(0.8);
    expect(share('giá vàng')).toBeLessThan(0.5);
    expect(share('mật khẩu wifi')).toBeLessThanOrEqual(0.5);
    expect(share('thời tiết')).toBe(0);
  });

  it('should be nothing when a code is another one', () => {
    expect(share('hợp đồng SGD-9999')).toBe(0);
  });

  it('should name the related terms', () => {
    expect(relatedTerms(subjectOf('hóa đơn'))).toEqual(['~pay', '~charge']);
  });
});

describe(placeInTime.name, () => {
  const ZONE = 'Asia/Ho_Chi_Minh';
  const record = { at: new Date('2026-11-12T03:00:00Z'), slots: extractSlots(NOTICE) };
  const place = (question: string): string => placeInTime(timeRange(question, new Date('2027-03-01T03:00:00Z'), ZONE), record, ZONE);

  it.each([
    ['ngày 25/11/2026', 'named'],
    ['tháng 11', 'named'],
    ['25/11', 'mentioned'],
    ['tháng 11/2026', 'mentioned'],
    ['năm ngoái', 'mentioned'],
    ['12/11/2026', 'sent'],
    ['ngày 12/11', 'sent'],
    ['tháng 10', 'outside'],
    ['hôm nay', 'outside'],
    ['khi nào', 'outside'],
  ])('should take "%s" as %s', (question, expected) => {
    expect(place(question)).toBe(expected);
  });
});
