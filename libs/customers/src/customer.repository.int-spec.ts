import { parseConfig } from '@app/config';
import { testDatabase, FixedClock, type TestDatabase } from '@app/testing';
import type { Model } from 'mongoose';
import type { Customer, CustomerFilter, CustomerSort } from './customer.js';
import { CustomerChangedError, CustomerNotFoundError, EmailTakenError, MetadataTooLargeError } from './customer.errors.js';
import { CustomerRepository } from './customer.repository.js';
import { CustomerRecord, CustomerSchema } from './customer.schema.js';
import { CustomerService } from './customer.service.js';
import { ErasedEmailRepository } from './erased-email.repository.js';
import { ErasedEmailRecord, ErasedEmailSchema } from './erased-email.schema.js';

const UNKNOWN_ID = '0123456789abcdef01234567';
const NEWEST: CustomerSort = { field: 'createdAt', direction: -1 };

describe(CustomerService.name, () => {
  const clock = new FixedClock();
  let database: TestDatabase;
  let model: Model<CustomerRecord>;
  let erasedEmails: ErasedEmailRepository;
  let sut: CustomerService;

  beforeAll(async () => {
    database = await testDatabase();
    model = database.connection.model<CustomerRecord>(CustomerRecord.name, CustomerSchema);
    const erased = database.connection.model<ErasedEmailRecord>(ErasedEmailRecord.name, ErasedEmailSchema);
    await database.ensureIndexes();
    erasedEmails = new ErasedEmailRepository(erased, clock, parseConfig({}));
    sut = new CustomerService(new CustomerRepository(model, clock), erasedEmails);
  });

  afterAll(() => database.close());
  beforeEach(() => model.deleteMany({}));

  const add = (name: string, more: Partial<Customer> = {}): Promise<Customer> => {
    clock.advance(1_000);
    return sut.create({ email: `${name.toLowerCase()}@example.vn`, fullName: name, ...more });
  };
  const emails = async (filter: CustomerFilter, sort = NEWEST): Promise<string[]> =>
    (await sut.list(filter, sort, { limit: 50 })).items.map(({ email }) => email.split('@')[0] ?? '');

  it('should give back what was created, with defaults', async () => {
    const created = await add('An', { phone: '0912 345 678', metadata: { 'a.b': '1', $c: '2' } });
    expect(await sut.get(created.id)).toEqual(created);
    expect(created).toMatchObject({
      phone: '0912 345 678',
      phoneE164: '+84912345678',
      language: 'vi',
      tags: [],
      isActive: true,
      version: 1,
    });
    expect(created.metadata).toEqual({ 'a.b': '1', $c: '2' });
    const stored = await model.findById(created.id).lean();
    expect(stored).not.toHaveProperty('company');
  });

  it('should let one of two customers have an e-mail', async () => {
    const attempts = await Promise.allSettled([add('An'), add('An')]);
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(attempts.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(EmailTakenError) });
    const other = await add('Binh');
    await expect(sut.merge(other.id, { email: 'an@example.vn' })).rejects.toThrow(EmailTakenError);
  });

  it('should replace a customer as a whole', async () => {
    const { id } = await add('An', { company: 'FPT', tags: ['vip'], isActive: false });
    const replaced = await sut.replace(id, { email: 'an@example.vn', fullName: 'An An' });
    expect(replaced).toMatchObject({ fullName: 'An An', company: null, tags: [], isActive: true, version: 2 });
    expect(await emails({ company: 'FPT' })).toEqual([]);
    expect(await emails({ search: 'fpt' })).toEqual([]);
  });

  it('should merge a change and clear what is null', async () => {
    const { id } = await add('An', { company: 'FPT', language: 'en', tags: ['vip'], metadata: { a: '1', b: '2' } });
    const merged = await sut.merge(id, { company: null, language: null, tags: null, city: 'Huế', metadata: { b: null, c: '3' } });
    expect(merged).toMatchObject({ fullName: 'An', company: null, language: 'vi', tags: [], city: 'Huế', metadata: { a: '1', c: '3' } });
    expect((await sut.merge(id, { metadata: null })).metadata).toEqual({});
    const keys = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, '']));
    await expect(sut.merge(id, { metadata: keys })).rejects.toThrow(MetadataTooLargeError);
  });

  it('I4: should land every field when many change different ones at once', async () => {
    const { id } = await add('An');
    await Promise.all(Array.from({ length: 20 }, (_, at) => sut.merge(id, { metadata: { [`k${at}`]: 'x' } })));
    const { metadata, version } = await sut.get(id);
    expect(Object.keys(metadata)).toHaveLength(20);
    expect(version).toBe(21);
  });

  it('should find by words and by digits, and filter', async () => {
    await add('An', { fullName: 'Nguyễn Văn An', phone: '+84912345678', city: 'Huế', tags: ['vip'] });
    await add('Binh', { fullName: 'Nguyễn Thị Bình', company: 'Sao Mai', isActive: false });
    expect(await emails({ search: 'nguyen' })).toEqual(['binh', 'an']);
    expect(await emails({ search: 'NGUYEN bi' })).toEqual(['binh']);
    expect(await emails({ search: '0912 345' })).toEqual(['an']);
    expect(await emails({ search: '.*' })).toEqual([]);
    expect(await emails({ search: 'nguyen', isActive: true })).toEqual(['an']);
    expect(await emails({ tag: 'vip', city: 'Huế' })).toEqual(['an']);
    expect(await emails({ company: 'Sao Mai' })).toEqual(['binh']);
  });

  /** A name that sorts before, or behind, all others: where a walk by offset would go wrong. */
  const early = ({ direction }: CustomerSort): string => (direction === 1 ? '0' : 'z');

  it.each<[CustomerSort, string[]]>([
    [{ field: 'createdAt', direction: -1 }, ['c', 'a', 'b']],
    [{ field: 'createdAt', direction: 1 }, ['b', 'a', 'c']],
    [{ field: 'fullName', direction: 1 }, ['c', 'b', 'a']],
    [{ field: 'email', direction: 1 }, ['a', 'b', 'c']],
    [{ field: 'email', direction: -1 }, ['c', 'b', 'a']],
  ])('should walk all pages by %p while others are added', async (sort, expected) => {
    await add('B', { fullName: 'Bình' });
    await add('A', { fullName: 'Chi' });
    await add('C', { fullName: 'An' });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await sut.list({}, sort, { limit: 1, includeTotal: true, ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ email }) => email.charAt(0)));
      if (!cursor) expect(page.total).toBe(3);
      if (!cursor) await sut.create({ email: `${early(sort)}@example.vn`, fullName: early(sort) });
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen.filter((name) => expected.includes(name))).toEqual(expected);
    const first = await sut.list({}, sort, { limit: 1 });
    await expect(sut.list({ tag: 'x' }, sort, { limit: 1, cursor: first.nextCursor ?? '' })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    });
    await expect(sut.list({ search: 'b' }, sort, { limit: 1, cursor: first.nextCursor ?? '' })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    });
  });

  it.each([1, -1] as const)('should walk over customers of one moment and of others in direction %i', async (direction) => {
    const content = (n: number) => ({ email: `c${n}@example.vn`, fullName: `C ${n}` });
    for (let n = 0; n < 9; n++) {
      if (n % 4 === 0) clock.advance(1_000);
      await sut.create(content(n));
    }
    const all = (await sut.list({}, { field: 'createdAt', direction }, { limit: 50 })).items.map(({ email }) => email);
    for (const limit of [1, 2, 3, 4, 5]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await sut.list({}, { field: 'createdAt', direction }, { limit, ...(cursor && { cursor }) });
        seen.push(...page.items.map(({ email }) => email));
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      expect(seen).toEqual(all);
      const first = await sut.list({}, { field: 'createdAt', direction }, { limit });
      const later = await sut.list({}, { field: 'createdAt', direction }, { limit, skip: 2, cursor: first.nextCursor ?? '' });
      expect(later.items.map(({ email }) => email)).toEqual(all.slice(limit + 2, 2 * limit + 2));
    }
  });

  it('should page over an audience by id', async () => {
    const first = await add('A', { tags: ['vip'] });
    const second = await add('B', { tags: ['vip'], language: 'en' });
    await add('C', { tags: ['vip'], isActive: false });
    const upToId = (await sut.highestId()) ?? '';
    await add('D', { tags: ['vip'] });
    expect(await sut.audience({ filter: { tag: 'vip' }, upToId, limit: 10 })).toEqual([first.id, second.id]);
    expect(await sut.audience({ filter: {}, afterId: first.id, upToId, limit: 10 })).toEqual([second.id]);
    expect(await sut.countAudience({ language: 'en' }, upToId)).toBe(1);
    expect(await sut.unknownIds([UNKNOWN_ID, first.id])).toEqual([UNKNOWN_ID]);
    expect([...(await sut.findByIds([first.id, UNKNOWN_ID])).keys()]).toEqual([first.id]);
  });

  it('should hide an erased customer from everything and free the e-mail', async () => {
    const { id } = await add('An');
    await sut.markErased(id);
    await sut.markErased(id);
    await expect(sut.get(id)).rejects.toThrow(CustomerNotFoundError);
    await expect(sut.merge(id, { city: 'Huế' })).rejects.toThrow(CustomerNotFoundError);
    expect(await emails({})).toEqual([]);
    expect(await emails({ search: 'an' })).toEqual([]);
    expect(await sut.unknownIds([id])).toEqual([id]);
    expect((await sut.findByIds([id])).size).toBe(0);
    const again = await add('An');
    await sut.purge(again.id);
    expect(await sut.get(again.id)).toEqual(again);
    await sut.purge(id);
    expect(await model.countDocuments({ _id: id })).toBe(0);
  });

  it('should erase a customer who changes meanwhile only where any version will do', async () => {
    const { id } = await add('An');
    const remembering = jest.spyOn(erasedEmails, 'remember');
    const raceTo = (email: string) => remembering.mockImplementationOnce(async () => void (await sut.merge(id, { email })));
    raceTo('be@example.vn');
    await expect(sut.markErased(id, [1])).rejects.toThrow(CustomerChangedError);
    expect(await sut.get(id)).toMatchObject({ version: 2 });
    raceTo('ca@example.vn');
    await sut.markErased(id);
    remembering.mockRestore();
    await expect(sut.get(id)).rejects.toThrow(CustomerNotFoundError);
    expect([...(await erasedEmails.among(['be@example.vn', 'ca@example.vn'], new Date(0)))]).toEqual(['ca@example.vn']);
  });

  it('should use an index for every query', async () => {
    await add('An');
    const queries: { filter: object; sort: Record<string, 1 | -1> }[] = [];
    database.connection.set('debug', (_: string, method: string, filter: object, options?: { sort?: Record<string, 1 | -1> }) => {
      if (method === 'find') queries.push({ filter, sort: options?.sort ?? {} });
    });
    for (const field of ['createdAt', 'fullName', 'email'] as const) {
      for (const filter of [{}, { search: 'an 0912' }, { tag: 'vip' }, { company: 'x' }, { city: 'y' }, { isActive: true }]) {
        await sut.list(filter, { field, direction: 1 }, { limit: 5 });
      }
    }
    await sut.audience({ filter: { language: 'vi' }, upToId: UNKNOWN_ID, limit: 5 });
    await sut.findByIds([UNKNOWN_ID]);
    await sut.highestId();
    database.connection.set('debug', false);
    expect(queries).toHaveLength(21);
    for (const { filter, sort } of queries) {
      const plan = JSON.stringify(await model.collection.find(filter, { sort }).explain('queryPlanner'));
      expect(plan).toContain('IXSCAN');
      expect(plan).not.toContain('COLLSCAN');
    }
  });
});
