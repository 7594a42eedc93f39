import { createHash, randomBytes } from 'node:crypto';
import { GridFSBucket, type ObjectId } from 'mongodb';
import { createConnection, Schema, type Connection, type Model } from 'mongoose';
import { openServer, type LiveServer } from './server.fixture-spec.js';

interface Person {
  email?: string;
  name?: string;
  n?: number;
  tags: string[];
  createdAt: Date;
  updatedAt: Date;
  __v: number;
}

let sut: LiveServer;
let connection: Connection;
let People: Model<Person>;
let next = 0;

const schemaOf = (options: object = {}): Schema<Person> =>
  new Schema<Person>(
    { email: { type: String, unique: true, sparse: true }, name: String, n: Number, tags: [String] },
    { timestamps: true, ...options },
  );
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

beforeAll(async () => {
  sut = await openServer();
  connection = await createConnection(sut.url, { dbName: sut.db.databaseName, autoIndex: false }).asPromise();
});

beforeEach(async () => {
  People = connection.model<Person>(`Person${++next}`, schemaOf());
  await People.createIndexes();
});

afterAll(async () => {
  await connection.close();
  await sut.close();
});

// https://mongoosejs.com/docs/documents.html
describe('documents', () => {
  it('should be created, changed by save, found and deleted', async () => {
    const made = await People.create({ email: 'a@b.c', name: 'An', n: 1, tags: ['x'] });
    made.name = 'Binh';
    made.tags.push('y');
    await made.save();

    expect(await People.findById(made._id).lean()).toMatchObject({ email: 'a@b.c', name: 'Binh', tags: ['x', 'y'], __v: 1 });
    expect(await People.exists({ email: 'a@b.c' })).toMatchObject({ _id: made._id });
    expect(await People.exists({ email: 'b@b.c' })).toBeNull();
    await expect(People.create({ email: 'a@b.c' })).rejects.toMatchObject({ code: 11000, keyValue: { email: 'a@b.c' } });
    expect(
      await People.findOne({ n: '1' as never })
        .select('name -_id')
        .lean(),
    ).toEqual({ name: 'Binh' });
    expect(await People.deleteOne({ _id: made._id })).toMatchObject({ deletedCount: 1 });
    made.name = 'Chi';
    await expect(made.save()).rejects.toMatchObject({ name: 'DocumentNotFoundError' });
  });

  // https://mongoosejs.com/docs/timestamps.html
  it('should have timestamps, however they are written', async () => {
    const made = await People.create({ name: 'An' });
    expect(made.createdAt).toEqual(made.updatedAt);
    const times = async (): Promise<[boolean, boolean]> => {
      const { createdAt, updatedAt } = await People.findById(made._id).orFail().lean();
      const [wasCreated, wasUpdated] = [+createdAt === +made.createdAt, +updatedAt > last];
      last = +updatedAt;
      return [wasCreated, wasUpdated];
    };
    let last = +made.updatedAt;
    const writes = [
      () => People.updateOne({ _id: made._id }, { $inc: { n: 1 } }),
      () => People.findOneAndUpdate({ _id: made._id }, { n: 5 }),
      () => People.bulkWrite([{ updateOne: { filter: { _id: made._id }, update: { $set: { n: 6 } } } }]),
      () => People.updateMany({}, [{ $set: { n: { $add: ['$n', 1] } } }] as never, { updatePipeline: true }),
    ];

    for (const write of writes) {
      await tick();
      await write();
      expect(await times()).toEqual([true, true]);
    }
    await People.bulkWrite([
      { updateOne: { filter: { email: 'new' }, update: { $set: { n: 1 } } as never, upsert: true } },
      { insertOne: { document: { name: 'x' } as never } },
    ]);
    expect(await People.countDocuments({ createdAt: { $type: 'date' }, updatedAt: { $type: 'date' } })).toBe(3);
  });

  // https://mongoosejs.com/docs/guide.html#versionKey and #optimisticConcurrency
  it('should notice that somebody was faster', async () => {
    const first = await People.create({ tags: ['a', 'b'] });
    const second = await People.findById(first._id).orFail();
    first.set('tags', ['c']);
    await first.save();
    second.set('tags.0', 'z');
    await expect(second.save()).rejects.toMatchObject({ name: 'VersionError' });

    const Strict = connection.model<Person>('Strict', schemaOf({ optimisticConcurrency: true }));
    const mine = await Strict.create({ n: 1 });
    const theirs = await Strict.findById(mine._id).orFail();
    await mine.set('n', 2).save();
    await expect(theirs.set('name', 'x').save()).rejects.toMatchObject({ name: 'VersionError' });
    expect(await Strict.findById(mine._id).lean()).toMatchObject({ n: 2, __v: 1 });
  });
});

// https://mongoosejs.com/docs/api/model.html
describe('models', () => {
  it('should insert what they can when told to go on', async () => {
    const docs = [{ email: 'a' }, { email: 'a' }, { email: 'b' }, { email: 'b' }, { email: 'c' }];
    await expect(People.insertMany(docs, { ordered: false })).rejects.toMatchObject({
      name: 'MongoBulkWriteError',
      code: 11000,
      writeErrors: [{ index: 1 }, { index: 3 }],
      insertedDocs: { length: 3 },
    });

    expect(await People.distinct('email')).toEqual(['a', 'b', 'c']);
    await expect(People.insertMany([{ email: 'd' }, { email: 'a' }, { email: 'e' }])).rejects.toMatchObject({ code: 11000 });
    expect(await People.countDocuments()).toBe(4);
    expect(await People.estimatedDocumentCount()).toBe(4);
  });

  it('should write in bulk', async () => {
    const upserts = Array.from({ length: 30 }, (_, i) => ({
      updateOne: { filter: { email: `p${i}` }, update: { $set: { n: i } }, upsert: true },
    }));

    expect(await People.bulkWrite(upserts)).toMatchObject({ upsertedCount: 30, matchedCount: 0 });
    expect(await People.bulkWrite(upserts)).toMatchObject({ upsertedCount: 0, matchedCount: 30, modifiedCount: 30 });
    const some = await People.find({ n: { $lt: 3 } }).sort({ n: 1 });
    some.forEach((person, i) => person.set({ name: `name ${i}`, tags: ['bulk'] }));
    expect(await People.bulkSave(some)).toMatchObject({ matchedCount: 3, modifiedCount: 3 });
    expect(await People.find({ tags: 'bulk' }).sort({ n: -1 }).distinct('name')).toEqual(['name 0', 'name 1', 'name 2']);
    const result = await People.bulkWrite([
      { deleteMany: { filter: { n: { $gte: 20 } } } },
      { replaceOne: { filter: { n: 5 }, replacement: { name: 'new' } as never } },
      { updateMany: { filter: { n: { $lt: 3 } }, update: { $push: { tags: 'more' } } } },
    ]);
    expect(result).toMatchObject({ deletedCount: 10, matchedCount: 4, modifiedCount: 4 });
    expect(await People.findOne({ name: 'new' }).lean()).not.toHaveProperty('email');
  });

  it('should find and change in one go', async () => {
    const upsert = { upsert: true, returnDocument: 'after', setDefaultsOnInsert: true } as const;

    expect(await People.findOneAndUpdate({ email: 'a' }, { $inc: { n: 1 }, $setOnInsert: { name: 'An' } }, upsert).lean()).toMatchObject({
      email: 'a',
      name: 'An',
      n: 1,
      tags: [],
      createdAt: expect.any(Date),
    });
    expect(await People.findOneAndUpdate({ email: 'a' }, { $inc: { n: 1 } }, upsert).lean()).toMatchObject({ n: 2, name: 'An' });
    expect(await People.findOneAndUpdate({ email: 'a' }, { $inc: { n: 1 } }).lean()).toMatchObject({ n: 2 });
    expect(await People.findOneAndUpdate({ email: 'b' }, { $inc: { n: 1 } })).toBeNull();
    const raw = await People.findOneAndUpdate({ email: 'a' }, { n: 9 }, { includeResultMetadata: true });
    expect(raw).toMatchObject({ ok: 1, lastErrorObject: { n: 1, updatedExisting: true } });
    expect(await People.findOneAndReplace({ email: 'a' }, { name: 'only' }, { returnDocument: 'after' }).lean()).toMatchObject({
      name: 'only',
    });
    expect(await People.findOneAndDelete({ name: 'only' }).lean()).not.toHaveProperty('email');
    expect(await People.countDocuments()).toBe(0);
  });

  it('should stream, and aggregate', async () => {
    await People.insertMany(Array.from({ length: 120 }, (_, i) => ({ n: i, name: i % 2 ? 'odd' : 'even' })));
    const seen: unknown[] = [];
    for await (const person of People.find({ n: { $gte: 20 } })
      .sort({ n: 1 })
      .lean()
      .cursor({ batchSize: 7 }))
      seen.push(person.n);
    let parallel = 0;
    await People.find()
      .cursor()
      .eachAsync(() => void parallel++, { parallel: 5 });

    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i + 20));
    expect(parallel).toBe(120);
    const groups = People.aggregate([{ $group: { _id: '$name', sum: { $sum: '$n' } } }]).sort({ _id: 1 });
    expect(await groups).toEqual([
      { _id: 'even', sum: 3_540 },
      { _id: 'odd', sum: 3_600 },
    ]);
    const rows: unknown[] = [];
    for await (const row of People.aggregate([{ $match: { n: { $lt: 9 } } }]).cursor({ batchSize: 2 })) rows.push(row);
    expect(rows).toHaveLength(9);
    expect(await People.find().skip(100).limit(50).lean()).toHaveLength(20);
  });
});

// https://www.mongodb.com/docs/v7.0/core/gridfs/
describe('GridFS', () => {
  const CONTENT = randomBytes(5 * 1024 * 1024 + 7);
  const hash = (...chunks: Uint8Array[]): string => chunks.reduce((sum, chunk) => sum.update(chunk), createHash('sha256')).digest('hex');
  let bucket: GridFSBucket;
  let id: ObjectId;

  const read = async (options?: object): Promise<Buffer[]> => (await bucket.openDownloadStream(id, options).toArray()) as Buffer[];

  beforeAll(async () => {
    bucket = new GridFSBucket(sut.db, { bucketName: 'files' });
    const upload = bucket.openUploadStream('a.bin', { metadata: { by: 'spec' } });
    id = upload.id;
    await new Promise((resolve, reject) => upload.on('finish', resolve).on('error', reject).end(CONTENT));
  });

  it('should give a file back as it was, whole and in part', async () => {
    expect(hash(...(await read()))).toBe(hash(CONTENT));
    expect(hash(...(await read({ start: 261_100, end: 1_000_003 })))).toBe(hash(CONTENT.subarray(261_100, 1_000_003)));
    expect(Buffer.concat(await read({ start: CONTENT.length - 3, end: CONTENT.length }))).toEqual(CONTENT.subarray(-3));
    expect(await bucket.find({ 'metadata.by': 'spec' }).toArray()).toMatchObject([{ _id: id, length: 5_242_887, chunkSize: 261_120 }]);
    expect(await sut.db.collection('files.chunks').countDocuments({ files_id: id })).toBe(21);
  });

  it('should find it by its name, and under a new one', async () => {
    await bucket.rename(id, 'b.bin');

    expect(hash(...((await bucket.openDownloadStreamByName('b.bin').toArray()) as Buffer[]))).toBe(hash(CONTENT));
    await expect(bucket.openDownloadStreamByName('a.bin').toArray()).rejects.toThrow(/FileNotFound/);
  });

  it('should make the indexes of the specification', async () => {
    expect(await sut.db.collection('files.chunks').indexes()).toMatchObject([
      { name: '_id_' },
      { key: { files_id: 1, n: 1 }, unique: true },
    ]);
    expect(await sut.db.collection('files.files').indexes()).toMatchObject([{ name: '_id_' }, { key: { filename: 1, uploadDate: 1 } }]);
  });

  it('should delete it with its chunks', async () => {
    await bucket.delete(id);

    expect(await sut.db.collection('files.chunks').countDocuments()).toBe(0);
    await expect(read()).rejects.toThrow(/FileNotFound/);
    await expect(bucket.delete(id)).rejects.toThrow(/File not found/);
  });
});
