import { notificationIdOf } from './notification.ids.js';
import { noticeText, NOTIFICATION_STATUSES, REACHED, statusesBelow, STATUS_RANK, UNDER_WAY } from './notification.js';

describe('statuses', () => {
  it('should rank as notices rise', () => {
    expect([...NOTIFICATION_STATUSES].sort((a, b) => STATUS_RANK[a] - STATUS_RANK[b])).toEqual([...NOTIFICATION_STATUSES]);
    expect(statusesBelow('sent')).toEqual(['queued', 'sending', 'retrying', 'failed', 'skipped', 'cancelled']);
    expect(statusesBelow('failed')).toEqual(UNDER_WAY);
    expect(statusesBelow('read').filter((status) => REACHED.includes(status))).toEqual(['sent', 'delivered']);
  });
});

describe(notificationIdOf.name, () => {
  it('should be the same for the same job and customer and another for any other', () => {
    const id = notificationIdOf('secret', 'job', 'customer');
    expect(id).toMatch(/^[0-9a-f]{24}$/);
    expect(notificationIdOf('secret', 'job', 'customer')).toBe(id);
    expect(
      new Set([
        id,
        notificationIdOf('other', 'job', 'customer'),
        notificationIdOf('secret', 'job2', 'customer'),
        notificationIdOf('secret', 'job', 'c'),
      ]).size,
    ).toBe(4);
  });
});

describe(noticeText.name, () => {
  it('should begin with the subject where there is one', () => {
    expect(noticeText({ subject: 'S', body: 'B' })).toBe('S\nB');
    expect(noticeText({ subject: null, body: 'B' })).toBe('B');
  });
});
