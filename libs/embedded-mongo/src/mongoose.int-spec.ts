import { createConnection, Schema, type Connection } from 'mongoose';
import { GridFSBucket } from 'mongodb';
import { openServer, type LiveServer } from './server.fixture-spec.js';

let sut: LiveServer;
let connection: Connection;
let Person: ReturnType<typeof personModel>;

function personModel(on: Connection) {
  const schema = new Schema(
    {
      email: { type: String, unique: true },
      name: String,
      n: Number,
      tags: [String],
      seenAt: { type: Date, expires: 3_600 },
      isOpen: Boolean,
    },
    { timestamps: true },
  );
  schema.index({ name: 1, n: -1 });
  schema.index({ n: 1 }, { partialFilterExpression: { isOpen: true } });
  return on.model('Person', schema);
}

beforeAll(async () => {
  sut = await openServer();
  connection = await createConnection(sut.url, { dbName: sut.db.databaseName }).asPromise();
  Person = personModel(connection);
});

afterAll(async () => {
  await connection.close();
  await sut.close();
});

describe('Mongoose', () => {
  it('should make the indexes of a schema once, and find them unchanged', async () => {
    await Person.init();

    expect(await Person.diffIndexes()).toEqual({ toDrop: [], toCreate: [] });
    expect(await Person.syncIndexes()).toEqual([]);
    expect((await Person.listIndexes()).map(({ name }) => name as unknown)).toEqual(['_id_', 'email_1', 'seenAt_1', 'name_1_n_-1', 'n_1']);
  });

  it('should create, change by save, find and delete', async () => {
    const created = await Person.create({ email: 'a@b.c', name: 'An', n: 1, tags: ['x'] });
    created.name = 'Binh';
    created.tags.push('y');
    await created.save();

    expect(await Person.findById(created._id).lean()).toMatchObject({ email: 'a@b.c', name: 'Binh', tags: ['x', 'y'], __v: 1 });
    expect(await Person.exists({ email: 'a@b.c' })).toMatchObject({ _id: created._id });
    expect(await Person.findOneAndUpdate({ n: 1 }, { $inc: { n: 1 } }, { returnDocument: 'after' }).lean()).toMatchObject({ n: 2 });
    await expect(Person.create({ email: 'a@b.c' })).rejects.toMatchObject({ code: 11000, keyValue: { email: 'a@b.c' } });
    expect(await Person.deleteOne({ _id: created._id })).toMatchObject({ deletedCount: 1 });
  });

  it('should detect a save over an older version', async () => {
    const first = await Person.create({ email: 'v@b.c', tags: ['a', 'b'] });
    const second = await Person.findById(first._id).orFail();
    first.set('tags', ['c']);
    await first.save();
    second.set('tags.0', 'z');

    await expect(second.save()).rejects.toMatchObject({ name: 'VersionError' });
  });

  it('should write in bulk, stream and populate', async () => {
    const Post = connection.model('Post', new Schema({ by: { type: Schema.Types.ObjectId, ref: 'Person' }, text: String }));
    await Person.bulkWrite(
      Array.from({ length: 30 }, (_, i) => ({
        updateOne: { filter: { email: `p${i}@x` }, update: { $set: { n: 1_000 + i } }, upsert: true },
      })),
    );
    const people = await Person.find({ n: { $gte: 1_000 } })
      .sort({ n: -1 })
      .limit(3)
      .lean();
    await Post.insertMany(people.map(({ _id }) => ({ by: _id, text: 'hello' })));
    let streamed = 0;
    for await (const _ of Person.find({ n: { $gte: 1_000 } }).cursor({ batchSize: 7 })) streamed++;

    expect(streamed).toBe(30);
    expect((await Post.find().populate('by').lean()).map(({ by }) => (by as unknown as { n: number }).n)).toEqual([1_029, 1_028, 1_027]);
  });
});

describe('GridFS', () => {
  it('should take a file in chunks, give it back and delete it', async () => {
    const bucket = new GridFSBucket(sut.db, { chunkSizeBytes: 10_000 });
    const content = Buffer.alloc(123_456, 'abcdefg');
    const id = await new Promise<unknown>((resolve, reject) => {
      const upload = bucket.openUploadStream('a.csv', { metadata: { by: 1 } });
      upload.on('finish', () => resolve(upload.id)).on('error', reject);
      upload.end(content);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of bucket.openDownloadStream(id as never)) chunks.push(chunk as Buffer);

    expect(Buffer.concat(chunks).equals(content)).toBe(true);
    expect(await bucket.find({ filename: 'a.csv' }).toArray()).toMatchObject([{ length: 123_456, metadata: { by: 1 } }]);
    await bucket.delete(id as never);
    expect(await sut.db.collection('fs.chunks').countDocuments()).toBe(0);
    await expect(bucket.openDownloadStream(id as never).toArray()).rejects.toThrow(/FileNotFound/);
  });
});
