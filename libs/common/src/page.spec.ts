import { decodeCursor, encodeCursor, InvalidCursorError } from './page.js';

describe('cursor', () => {
  const scope = { list: 'customers', filter: { tag: 'vip' }, sort: '-created_at' };

  it.each([new Date('2026-11-22T10:00:00.123Z'), 'Nguyễn Văn An', 42, null])('should give back the position %p', (value) => {
    expect(decodeCursor(scope, encodeCursor(scope, { value, id: 'abc' }))).toEqual({ value, id: 'abc' });
  });

  it('should be url-safe', () => {
    expect(encodeCursor(scope, { value: '???>>>ÿÿÿ', id: 'abc' })).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('should be refused when the filter is another', () => {
    const cursor = encodeCursor(scope, { value: 1, id: 'abc' });
    expect(() => decodeCursor({ ...scope, filter: {} }, cursor)).toThrow(InvalidCursorError);
  });

  it.each(['', 'x', 'e30', Buffer.from('[1,2,3]').toString('base64url'), Buffer.from('["a",{"v":{"$gt":""}},"x"]').toString('base64url')])(
    'should be refused when it is %p',
    (cursor) => {
      expect(() => decodeCursor(scope, cursor)).toThrow(InvalidCursorError);
    },
  );
});
