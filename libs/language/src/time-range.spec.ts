import { setTimeout as sleep } from 'node:timers/promises';
import { timeRange } from './time-range.js';

const ZONE = 'Asia/Ho_Chi_Minh';
/** A Thursday, 01:00 of the next day in UTC terms of the day before: the zone decides what "today" is. */
const NOW = new Date('2026-11-11T18:00:00Z');
const midnight = (day: string): string => new Date(`${day}T00:00:00+07:00`).toISOString();
const days = (question: string): string[] | null => {
  const { range } = timeRange(question, NOW, ZONE);
  return range && [range.from.toISOString(), range.to.toISOString()];
};

describe(timeRange.name, () => {
  it.each([
    ['hôm nay có gì', '2026-11-12', '2026-11-13'],
    ['hom qua em bao gi', '2026-11-11', '2026-11-12'],
    ['hôm kia', '2026-11-10', '2026-11-11'],
    ['sáng mai mấy giờ', '2026-11-13', '2026-11-14'],
    ['mai có ai tới không', '2026-11-13', '2026-11-14'],
    ['tuần trước', '2026-11-02', '2026-11-09'],
    ['tuần này', '2026-11-09', '2026-11-16'],
    ['thứ hai tuần sau', '2026-11-16', '2026-11-17'],
    ['chủ nhật', '2026-11-15', '2026-11-16'],
    ['tháng trước', '2026-10-01', '2026-11-01'],
    ['cước tháng 11', '2026-11-01', '2026-12-01'],
    ['cước tháng 1', '2027-01-01', '2027-02-01'],
    ['ngày 12/11', '2026-11-12', '2026-11-13'],
    ['25/11/2026', '2026-11-25', '2026-11-26'],
    ['ngày 25 tháng 12', '2026-12-25', '2026-12-26'],
    ['3 ngày trước', '2026-11-09', '2026-11-10'],
    ['năm ngoái', '2025-01-01', '2026-01-01'],
    ['what did you send yesterday?', '2026-11-11', '2026-11-12'],
    ['last week', '2026-11-02', '2026-11-09'],
    ['next Monday', '2026-11-16', '2026-11-17'],
    ['two days ago', '2026-11-10', '2026-11-11'],
    ['in November', '2026-11-01', '2026-12-01'],
    ['on 25 December', '2026-12-25', '2026-12-26'],
  ])('should read %s', (question, from, to) => {
    expect(days(question)).toEqual([midnight(from), midnight(to)]);
  });

  it.each(['khuyến mãi gì không', 'khuyen mai', 'thương mại', 'Tôi là Lê Thị Mai', 'để tôi qua lấy', 'cước bao nhiêu'])(
    'should find no day in %s',
    (question) => {
      expect(days(question)).toBeNull();
    },
  );

  it.each(['Mai có ai tới không', 'Chào em. Mai có ai tới không', 'Chào em\n Mai có ai tới không'])(
    'should read Mai as a day in %p',
    (question) => {
      expect(days(question)).toEqual([midnight('2026-11-13'), midnight('2026-11-14')]);
    },
  );

  it('should read past any number of empty lines', async () => {
    expect(days(`${'\n'.repeat(100_000)}Anh ${'Mai '.repeat(10)}`)).toBeNull();
    // Jest's timeout strikes only between two turns of the event loop.
    await sleep(0);
  });

  it('should tell the newest from what held before', () => {
    expect(timeRange('Thông báo mới nhất là gì?', NOW, ZONE).order).toBe('latest');
    expect(timeRange('my latest notification', NOW, ZONE).order).toBe('latest');
    expect(timeRange('Lúc đầu hẹn ngày nào?', NOW, ZONE).order).toBe('earlier');
    expect(timeRange('truoc do la bao nhieu', NOW, ZONE).order).toBe('earlier');
    expect(timeRange('what was the original date?', NOW, ZONE).order).toBe('earlier');
    expect(timeRange('Cước bao nhiêu?', NOW, ZONE).order).toBeNull();
  });

  it('should leave the subject when the time is taken out', () => {
    expect(timeRange('Cước tháng 11 là bao nhiêu?', NOW, ZONE).rest).toBe('Cước là bao nhiêu?');
  });

  it('should keep whole days where clocks change', () => {
    const range = timeRange('today', new Date('2026-03-29T12:00:00Z'), 'Europe/Berlin').range;
    expect(range).toEqual({ from: new Date('2026-03-28T23:00:00Z'), to: new Date('2026-03-29T22:00:00Z') });
  });
});
