import { FixedClock, testDatabase, type TestDatabase } from '@app/testing';
import type { Model } from 'mongoose';
import { KeyInUseError, KeyReusedError, ReplyErasedError } from './idempotency.errors.js';
import type { Claim, KeyedRequest, StoredReply } from './idempotency.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { IdempotencyRecord, IdempotencySchema } from './idempotency.schema.js';
import { IdempotencyService } from './idempotency.service.js';

const REQUEST: KeyedRequest = { scope: 'user POST /things', key: 'k', requestHash: 'hash' };
const REPLY: StoredReply = { status: 201, headers: { location: '/things/1' }, body: '{"id":"1"}' };
const DAY = 86_400_000;

describe(IdempotencyService.name, () => {
  const clock = new FixedClock();
  let database: TestDatabase;
  let model: Model<IdempotencyRecord>;
  let sut: IdempotencyService;

  beforeAll(async () => {
    database = await testDatabase();
    model = database.connection.model<IdempotencyRecord>(IdempotencyRecord.name, IdempotencySchema);
    await database.ensureIndexes();
    sut = new IdempotencyService(new IdempotencyRepository(model), clock);
  });
  afterAll(() => database.close());
  beforeEach(() => model.deleteMany({}));

  const claim = async (request = REQUEST, id = '1', customerId?: string): Promise<Claim> => {
    const begun = await sut.begin(request, { id, ...(customerId && { customerId }) });
    if (begun.kind !== 'run') throw new Error('a reply was there');
    return begun.claim;
  };

  it('should let one of many run, and give its reply to those who come later', async () => {
    const begun = await Promise.allSettled(Array.from({ length: 50 }, (_, at) => claim(REQUEST, String(at))));
    const [won, ...others] = begun.filter(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<Claim>[];
    expect(others).toEqual([]);
    expect(begun.filter((each) => each.status === 'rejected' && each.reason instanceof KeyInUseError)).toHaveLength(49);
    await sut.keep(won!.value, REPLY);
    expect(await sut.begin(REQUEST, { id: 'x' })).toEqual({ kind: 'replay', reply: REPLY });
  });

  it('should refuse the key for another payload, whether the first is answered or not', async () => {
    const first = await claim();
    const other = { ...REQUEST, requestHash: 'other' };
    await expect(sut.begin(other, { id: '2' })).rejects.toThrow(KeyReusedError);
    await sut.keep(first, REPLY);
    await expect(sut.begin(other, { id: '2' })).rejects.toThrow(KeyReusedError);
  });

  it('should know a key by its scope', async () => {
    await claim();
    expect(await claim({ ...REQUEST, scope: 'somebody else' }, '2')).toMatchObject({ resourceId: '2' });
  });

  it('should let a request that died be taken over under the same id, once, and refuse its late reply', async () => {
    const dead = await claim();
    clock.advance(59_000);
    await expect(claim(REQUEST, '2')).rejects.toThrow(KeyInUseError);
    clock.advance(1_000);
    const taken = await Promise.allSettled([claim(REQUEST, '2'), claim(REQUEST, '3')]);
    expect(taken.filter(({ status }) => status === 'fulfilled')).toMatchObject([{ value: { resourceId: '1' } }]);
    await sut.keep(dead, { ...REPLY, body: 'late' });
    await expect(claim(REQUEST, '4')).rejects.toThrow(KeyInUseError);
  });

  it('should let a released request come again at once, under the same id', async () => {
    await sut.release(await claim());
    expect(await claim(REQUEST, '2')).toMatchObject({ resourceId: '1' });
  });

  it('should forget a key after a day, also before the database removes it', async () => {
    await sut.keep(await claim(), REPLY);
    clock.advance(DAY - 1);
    expect(await sut.begin(REQUEST, { id: '2' })).toMatchObject({ kind: 'replay' });
    clock.advance(1);
    expect(await claim({ ...REQUEST, requestHash: 'other' }, '2')).toMatchObject({ resourceId: '2' });
  });

  it('should keep nothing of somebody who was erased, and not do it again', async () => {
    await sut.keep(await claim(REQUEST, '1', 'customer'), REPLY);
    expect(await sut.erase('customer')).toBe(1);
    await expect(sut.begin(REQUEST, { id: '2' })).rejects.toThrow(ReplyErasedError);
    await expect(sut.begin({ ...REQUEST, requestHash: 'other' }, { id: '2' })).rejects.toThrow(ReplyErasedError);
    const [left] = await model.find().lean();
    expect(Object.keys(left!).sort()).toEqual(['_id', 'createdAt', 'key', 'scope', 'token', 'until']);
  });

  it('should keep no reply about somebody who was erased before it came, and forget the key in time', async () => {
    const late = await claim(REQUEST, '1', 'customer');
    expect(await sut.erase('customer')).toBe(1);
    await sut.keep(late, REPLY);
    expect(await model.findOne().lean()).not.toHaveProperty('reply');
    await expect(sut.begin(REQUEST, { id: '2' })).rejects.toThrow(ReplyErasedError);
    clock.advance(DAY);
    expect(await claim(REQUEST, '3')).toMatchObject({ resourceId: '3' });
  });
});
