import { askedAspects } from './aspects.js';
import { fold } from './fold.js';
import { formatDate } from './format-date.js';
import { guessLanguage } from './guess-language.js';
import { sentences } from './sentences.js';
import { terms } from './terms.js';

describe(fold.name, () => {
  it('should make every way of typing the same', () => {
    expect(fold('Hạn Thanh Toán ĐẾN')).toBe('han thanh toan den');
    expect(fold('hạn'.normalize('NFD'))).toBe(fold('HẠN'));
  });
});

describe(terms.name, () => {
  it('should give both languages the same concepts', () => {
    expect(terms('Khi nào tôi phải thanh toán?')).toContain('~pay');
    expect(terms('khi nao toi phai dong tien')).toContain('~pay');
    expect(terms('When is my payment due?')).toEqual(expect.arrayContaining(['~pay', '~due']));
  });

  it('should give a code one form', () => {
    for (const text of ['#DH1024', 'DH-1024', 'dh1024']) expect(terms(`Đơn ${text} đâu rồi`)).toContain('dh1024');
  });

  it('should give an amount one form', () => {
    for (const text of ['275.000 đ', '275k', '275,000 VND']) expect(terms(text)).toContain('=275000');
  });

  it('should tell words apart by their marks when they are typed', () => {
    expect(terms('giá vàng')).toContain('vang');
    expect(terms('gia vang')).toContain('vang');
    expect(terms('vâng')).toEqual([]);
    expect(terms('gọi cho tôi')).not.toContain('~plan');
    expect(terms('gói cước')).toContain('~plan');
    expect(terms('Hoá đơn')).toContain('~bill');
  });
});

describe(guessLanguage.name, () => {
  it.each([
    ['Khi nào tôi phải thanh toán?', 'vi'],
    ['khi nao toi phai dong tien, bao nhieu?', 'vi'],
    ['When is my payment due and how much is it?', 'en'],
    ['Is the order of Nguyễn Văn An on the way?', 'en'],
    ['DH1024?', null],
    ['', null],
  ])('should take %s for %s', (text, lang) => {
    expect(guessLanguage(text)).toBe(lang);
  });
});

describe(sentences.name, () => {
  it('should not split inside figures, links and titles', () => {
    const text = 'Cước là 275.000 đ. Hạn: 25/11/2026! Xem fpt.vn/hd\nĐịa chỉ: TP. Hồ Chí Minh';
    expect(sentences(text).map((sentence) => sentence.text)).toEqual([
      'Cước là 275.000 đ.',
      'Hạn: 25/11/2026!',
      'Xem fpt.vn/hd',
      'Địa chỉ: TP. Hồ Chí Minh',
    ]);
    for (const { text: part, start, end } of sentences(text)) expect(text.slice(start, end)).toBe(part);
  });
});

describe(askedAspects.name, () => {
  it.each([
    ['Khi nào tôi phải thanh toán và bao nhiêu tiền?', ['when', 'how-much']],
    ['khi nao toi phai dong tien, bao nhieu?', ['when', 'how-much']],
    ['When is my payment due and how much is it?', ['when', 'how-much']],
    ['Ngày bao nhiêu hết hạn?', ['when']],
    ['Mã đơn của tôi là gì?', ['code']],
    ['Văn phòng ở đâu?', ['where']],
    ['Giảm bao nhiêu phần trăm?', ['percent']],
    ['Cho xin link', ['link']],
    ['Cảm ơn em', []],
  ])('should read %s', (question, aspects) => {
    expect(askedAspects(question)).toEqual(aspects);
  });
});

describe(formatDate.name, () => {
  it('should write the day of the zone in the customer’s language', () => {
    const at = new Date('2026-11-11T18:00:00Z');
    expect(formatDate(at, 'vi', 'Asia/Ho_Chi_Minh')).toBe('12/11/2026');
    expect(formatDate(at, 'en', 'Asia/Ho_Chi_Minh')).toBe('12 Nov 2026');
  });
});
