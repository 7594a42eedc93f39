import { createConnection, Schema, Types, type Connection } from 'mongoose';
import { openServer, type LiveServer } from './server.fixture-spec.js';

let sut: LiveServer;
let connection: Connection;

beforeAll(async () => {
  sut = await openServer();
  connection = await createConnection(sut.url, { dbName: sut.db.databaseName, autoIndex: false }).asPromise();
});

afterAll(async () => {
  await connection.close();
  await sut.close();
});

// https://mongoosejs.com/docs/guide.html#indexes
describe('indexes', () => {
  const schemaWith = (...indexes: [object, object?][]): Schema => {
    const schema = new Schema({ email: { type: String, unique: true }, name: String, n: Number, seenAt: { type: Date, expires: 3_600 } });
    for (const [key, options] of indexes) schema.index(key as never, options);
    return schema;
  };
  const names = (list: { name?: unknown }[]): unknown[] => list.map(({ name }) => name);

  it('should be made once, and found unchanged', async () => {
    const partial = { partialFilterExpression: { isOpen: true, n: { $gt: 5 } } };
    const Person = connection.model('Person', schemaWith([{ name: 1, n: -1 }], [{ n: 1 }, partial], [{ name: -1 }, { sparse: true }]));
    await Person.createCollection();
    await Person.createIndexes();
    await Person.createIndexes();

    expect(names(await Person.listIndexes())).toEqual(['_id_', 'email_1', 'seenAt_1', 'name_1_n_-1', 'n_1', 'name_-1']);
    expect(await Person.diffIndexes()).toEqual({ toDrop: [], toCreate: [] });
    expect(await Person.syncIndexes()).toEqual([]);
  });

  it('should follow a schema that has changed', async () => {
    const before = connection.model('Changing', schemaWith([{ name: 1 }], [{ n: 1 }]), 'changing');
    await before.syncIndexes();
    const after = connection.model('Changed', schemaWith([{ name: 1 }, { unique: true }], [{ n: -1 }]), 'changing');
    const { toDrop, toCreate } = await after.diffIndexes();

    expect([...toDrop].sort()).toEqual(['n_1', 'name_1']);
    expect(toCreate).toEqual([{ name: 1 }, { n: -1 }]);
    expect([...(await after.syncIndexes())].sort()).toEqual(['n_1', 'name_1']);
    expect(names(await after.listIndexes()).sort()).toEqual(['_id_', 'email_1', 'n_-1', 'name_1', 'seenAt_1']);
    await after.create({ email: 'a', name: 'An' });
    await expect(after.create({ email: 'b', name: 'An' })).rejects.toMatchObject({ code: 11000, keyValue: { name: 'An' } });
  });
});

// https://mongoosejs.com/docs/schematypes.html
describe('types', () => {
  const schema = new Schema({
    price: Schema.Types.Decimal128,
    uid: Schema.Types.UUID,
    data: Buffer,
    big: BigInt,
    at: Date,
    ref: Schema.Types.ObjectId,
    labels: { type: Map, of: Number },
    any: Schema.Types.Mixed,
    nested: [{ _id: false, list: [[Number]] }],
  });

  it('should come back as they went', async () => {
    const Thing = connection.model<any>('Thing', schema);
    const ref = new Types.ObjectId();
    const data = Buffer.from([0, 255, 10, 13]);
    const { _id } = await Thing.create({
      price: '19.990',
      uid: '00112233-4455-6677-8899-aabbccddeeff',
      data,
      big: 9_007_199_254_740_993n,
      at: new Date(5),
      ref,
      labels: { a: 1, 'with space': 2 },
      any: { deep: [1, { x: null }] },
      nested: [{ list: [[1, 2], [3]] }],
    });
    const found = await Thing.findById(_id).orFail();

    expect(String(found.price)).toBe('19.990');
    expect(String(found.uid)).toBe('00112233-4455-6677-8899-aabbccddeeff');
    expect(data.equals(found.data as Buffer)).toBe(true);
    expect(found.big).toBe(9_007_199_254_740_993n);
    expect([...(found.labels as Map<string, number>)]).toEqual([['a', 1], ['with space', 2]]); // prettier-ignore
    expect(found.toObject()).toMatchObject({ at: new Date(5), ref, any: { deep: [1, { x: null }] }, nested: [{ list: [[1, 2], [3]] }] });
    expect(await Thing.findOne({ big: { $gte: 9_007_199_254_740_993n }, price: { $gt: '19.98' }, uid: found.uid }).lean()).toMatchObject({
      _id,
    });
    expect(await Thing.findOne({ big: { $gt: 9_007_199_254_740_993n } })).toBeNull();
    const [{ kinds }] = await Thing.aggregate<{ kinds: string[] }>([
      { $project: { kinds: [{ $type: '$price' }, { $type: '$uid' }, { $type: '$data' }, { $type: '$big' }, { $type: '$labels' }] } },
    ]) as [{ kinds: string[] }]; // prettier-ignore
    expect(kinds).toEqual(['decimal', 'binData', 'binData', 'long', 'object']);
  });

  it('should change a map key by key', async () => {
    const Thing = connection.model<any>('Thing');
    const { _id } = await Thing.create({ labels: { a: 1, b: 2 } });
    const found = await Thing.findById(_id).orFail();
    found.get('labels').set('a', 10);
    found.get('labels').delete('b');
    await found.save();
    await Thing.updateOne({ _id }, { $set: { 'labels.c': '3' } });

    expect(await Thing.findOne({ 'labels.a': 10 }).lean()).toMatchObject({ labels: { a: 10, c: 3 } });
    expect((await Thing.findById(_id).lean<{ labels: object }>())?.labels).not.toHaveProperty('b');
    await expect(Thing.updateOne({ _id }, { $set: { 'labels.c': 'x' } })).rejects.toMatchObject({ name: 'CastError' });
  });
});

// https://mongoosejs.com/docs/populate.html
describe('populate', () => {
  const id = Schema.Types.ObjectId;
  let story: Types.ObjectId;

  beforeAll(async () => {
    const Author = connection.model<any>('Author', new Schema({ name: String, age: Number, mentor: { type: id, ref: 'Author' } }));
    const fans = { type: [{ type: id, ref: 'Author' }] };
    const notes = [{ _id: false, by: { type: id, ref: 'Author' }, text: String }];
    const schema = new Schema({ author: { type: id, ref: 'Author' }, fans, notes }, { toObject: { virtuals: true } });
    const Story = connection.model<any>('Story', schema);
    connection.model('Comment', new Schema({ story: id, text: String }));
    schema.virtual('comments', { ref: 'Comment', localField: '_id', foreignField: 'story' });
    const [an, binh, chi] = await Author.create([
      { name: 'An', age: 30 },
      { name: 'Binh', age: 40 },
      { name: 'Chi', age: 50 },
    ]);
    await Author.updateOne({ _id: an?._id }, { mentor: chi?._id });
    const made = await Story.create({ author: an?._id, fans: [chi?._id, binh?._id], notes: [{ by: binh?._id, text: 'n' }] });
    story = made._id;
  });

  it('should fill in one, several in their order, and those within arrays', async () => {
    const Story = connection.model<any>('Story');
    const found = await Story.findById(story)
      .populate('author', 'name -_id')
      .populate('fans')
      .populate('notes.by')
      .lean<{ author: object }>();

    expect(found).toMatchObject({
      author: { name: 'An' },
      fans: [{ name: 'Chi', age: 50 }, { name: 'Binh', age: 40 }], // prettier-ignore
      notes: [{ by: { name: 'Binh' }, text: 'n' }],
    });
    expect(found?.author).not.toHaveProperty('age');
  });

  it('should go deeper, by match, sort and limit, and leave out who is gone', async () => {
    const Story = connection.model<any>('Story');
    const deep = await Story.findById(story)
      .populate({ path: 'author', populate: { path: 'mentor', select: 'name' } })
      .orFail();

    expect(deep.get('author.mentor.name')).toBe('Chi');
    const some = await Story.findById(story)
      .populate({ path: 'fans', match: { age: { $lt: 45 } }, options: { sort: { age: 1 }, limit: 1 } })
      .lean<{ fans: object[] }>();
    expect(some?.fans).toMatchObject([{ name: 'Binh' }]);
    const orphan = await Story.create({ author: new Types.ObjectId(), fans: [new Types.ObjectId()] });
    expect(await Story.findById(orphan._id).populate(['author', 'fans']).lean()).toMatchObject({ author: null, fans: [] });
  });
});

// https://mongoosejs.com/docs/discriminators.html
describe('discriminators', () => {
  it('should keep kinds apart in one collection', async () => {
    const Shape = connection.model('Shape', new Schema({ label: String }, { discriminatorKey: 'kind' }));
    const Circle = Shape.discriminator<{ label?: string; radius?: number }>('Circle', new Schema({ radius: Number }));
    const Square = Shape.discriminator<{ label?: string; side?: number }>('Square', new Schema({ side: Number }), 'sq');
    await Circle.create({ label: 'c', radius: 2 });
    await Square.insertMany([{ label: 's', side: 3 }, { label: 't', side: 4 }]); // prettier-ignore

    expect(await Shape.countDocuments()).toBe(3);
    expect(await Square.find({}, { _id: 0, __v: 0 }).sort({ side: -1 }).lean()).toEqual([
      { label: 't', kind: 'sq', side: 4 },
      { label: 's', kind: 'sq', side: 3 },
    ]);
    expect((await Shape.find().sort({ label: 1 })).map((shape) => shape.constructor)).toEqual([Circle, Square, Square]);
    expect(await Circle.updateMany({}, { $inc: { radius: 1 } })).toMatchObject({ matchedCount: 1 });
    expect(await Square.deleteMany({ side: { $gt: 3 } })).toMatchObject({ deletedCount: 1 });
    expect(await Shape.distinct('kind')).toEqual(expect.arrayContaining(['Circle', 'sq']));
  });
});
