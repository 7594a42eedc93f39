import { testDatabase, type TestDatabase } from '@app/testing';
import type { Document } from 'bson';
import { duplicatesOf } from './duplicates-of.js';

describe(duplicatesOf.name, () => {
  let database: TestDatabase;
  const insert = (...documents: Document[]) => database.connection.collection('things').insertMany(documents, { ordered: false });

  beforeAll(async () => {
    database = await testDatabase();
    await database.connection.collection('things').createIndexes([{ key: { name: 1 }, unique: true }, { key: { a: 1, b: 1 } }]);
    await insert({ name: 'an' });
  });
  afterAll(() => database.close());

  it('should be empty when every document was new', async () => {
    expect(await duplicatesOf(insert({ name: 'be' }))).toEqual(new Set());
  });

  it('should name the documents that a unique index refused', async () => {
    expect(await duplicatesOf(insert({ name: 'an' }, { name: 'ca' }, { name: 'ca' }))).toEqual(new Set([0, 2]));
  });

  it('should raise what else went wrong, also behind a duplicate', async () => {
    const parallelArrays = { name: 'du', a: [1, 2], b: [1, 2] };
    await expect(duplicatesOf(insert(parallelArrays))).rejects.toMatchObject({ code: 171 });
    await expect(duplicatesOf(insert({ name: 'an' }, parallelArrays))).rejects.toMatchObject({ name: 'MongoBulkWriteError' });
    await expect(duplicatesOf(Promise.reject(new Error('no database')))).rejects.toThrow('no database');
  });
});
