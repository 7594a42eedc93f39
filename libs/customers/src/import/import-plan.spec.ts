import type { CustomerContent } from '../customer.js';
import type { RowContent } from './csv-row.js';
import { applyRows } from './import-plan.js';

const row = (more: Partial<RowContent> = {}): RowContent => ({ email: 'an@x.vn', fullName: 'An', ...more });
const stored: CustomerContent = {
  email: 'an@x.vn',
  fullName: 'An',
  phone: '0912345678',
  company: null,
  position: null,
  address: null,
  city: 'Huế',
  country: null,
  language: 'vi',
  tags: ['vip'],
  metadata: { a: '1', b: '2' },
  isActive: false,
};

describe(applyRows.name, () => {
  it('should create from the first row and go on from there', () => {
    const { outcomes, content } = applyRows(
      null,
      [row({ phone: '0912345678' }), row(), row({ phone: '0987654321', tags: ['vip'] })],
      'update',
    );
    expect(outcomes).toEqual(['c', 'n', 'u']);
    expect(content).toMatchObject({ phone: '0987654321', tags: ['vip'], language: 'vi', isActive: true });
  });

  it('should keep what the row does not say, replace tags and merge metadata', () => {
    const { outcomes, content } = applyRows(stored, [row({ tags: ['new'], metadata: { b: '3', c: '4' } })], 'update');
    expect(outcomes).toEqual(['u']);
    expect(content).toEqual({ ...stored, tags: ['new'], metadata: { a: '1', b: '3', c: '4' } });
  });

  it('should call a row that says nothing new unchanged', () => {
    const { outcomes, content } = applyRows(stored, [row({ phone: '0912345678', tags: ['vip'], metadata: { b: '2' } })], 'update');
    expect(outcomes).toEqual(['n']);
    expect(content).toBe(stored);
  });

  it.each([
    ['skip', 's'],
    ['fail', 'd'],
  ] as const)('should %s what was seen before', (policy, outcome) => {
    expect(applyRows(stored, [row({ city: 'Hà Nội' })], policy)).toEqual({ outcomes: [outcome], content: stored });
    expect(applyRows(null, [row(), row({ city: 'Hà Nội' })], policy).outcomes).toEqual(['c', outcome]);
  });

  it('should fail a row that would leave too many metadata keys', () => {
    const metadata = Object.fromEntries(Array.from({ length: 49 }, (_, at) => [`k${at}`, 'x']));
    expect(applyRows(stored, [row({ metadata })], 'update')).toEqual({ outcomes: ['m'], content: stored });
  });
});
