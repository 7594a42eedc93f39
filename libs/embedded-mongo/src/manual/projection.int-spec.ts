import { Double, type Document } from 'mongodb';
import { itEmbedded, openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

let sut: LiveServer;
const known = new Map<readonly Document[], string>();

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

async function collectionOf(docs: readonly Document[]) {
  const name = known.get(docs) ?? `c${known.size}`;
  if (!known.has(docs)) await sut.db.collection<any>(name).insertMany(docs.map((doc) => ({ ...doc })));
  known.set(docs, name);
  return sut.db.collection<any>(name);
}

/** What a projection leaves of the documents a filter finds, as JSON: the order of fields counts. */
async function projected(docs: readonly Document[], projection: Document, filter: Document = {}): Promise<string[]> {
  const found = await (await collectionOf(docs)).find(filter, { projection }).sort({ _id: 1 }).toArray();
  return found.map((doc) => JSON.stringify(doc));
}

type Row = [projection: Document, results: Document[], filter?: Document];

const show =
  (docs: readonly Document[]) =>
  async (...[projection, results, filter = {}]: Row) =>
    expect(await projected(docs, projection, filter)).toEqual(results.map((doc) => JSON.stringify(doc)));

// https://www.mongodb.com/docs/v7.0/tutorial/project-fields-from-query-results/
describe('inclusion and exclusion', () => {
  const size = { h: 14, w: 21, uom: 'cm' };
  const instock = [{ warehouse: 'A', qty: 5 }, { warehouse: 'B', qty: 15 }]; // prettier-ignore
  const journal = { _id: 1, item: 'journal', status: 'A', size, instock };

  it.each<Row>([
    [{}, [journal]],
    [{ item: 1, status: 1 }, [{ _id: 1, item: 'journal', status: 'A' }]],
    [{ status: 1, item: 1 }, [{ _id: 1, item: 'journal', status: 'A' }]],
    [{ item: 1, _id: 0 }, [{ item: 'journal' }]],
    [{ _id: 1 }, [{ _id: 1 }]],
    [{ _id: 0, size: 0, instock: 0 }, [{ item: 'journal', status: 'A' }]],
    [{ _id: 1, size: 0, instock: 0 }, [{ _id: 1, item: 'journal', status: 'A' }]],
    [{ status: 0, instock: 0 }, [{ _id: 1, item: 'journal', size }]],
    [{ item: 1, 'size.uom': 1 }, [{ _id: 1, item: 'journal', size: { uom: 'cm' } }]],
    [{ 'size.w': 1, 'size.h': 1 }, [{ _id: 1, size: { h: 14, w: 21 } }]],
    [{ item: 1, size: { uom: 1 } }, [{ _id: 1, item: 'journal', size: { uom: 'cm' } }]],
    [{ 'size.uom': 0, instock: 0 }, [{ _id: 1, item: 'journal', status: 'A', size: { h: 14, w: 21 } }]],
    [{ item: 1, 'instock.qty': 1 }, [{ _id: 1, item: 'journal', instock: [{ qty: 5 }, { qty: 15 }] }]],
    [{ 'instock.qty': 0, size: 0, status: false }, [{ _id: 1, item: 'journal', instock: [{ warehouse: 'A' }, { warehouse: 'B' }] }]],
    [{ none: 1, 'item.x': 1, 'size.none': 1 }, [{ _id: 1, size: {} }]],
    [{ item: true, status: new Double(0.5) }, [{ _id: 1, item: 'journal', status: 'A' }]],
  ])('should show by %j', show([journal]));

  const odd = { _id: 1, a: [{ x: 1, y: 1 }, 5, { y: 2 }, [{ x: 9, z: 1 }, 7], null], n: null };

  it.each<Row>([
    [{ 'a.x': 1 }, [{ _id: 1, a: [{ x: 1 }, {}, [{ x: 9 }]] }]],
    [{ 'a.x': 0, n: 0 }, [{ _id: 1, a: [{ y: 1 }, 5, { y: 2 }, [{ z: 1 }, 7], null] }]],
    [{ 'n.x': 1 }, [{ _id: 1 }]],
    [{ 'n.x': 0, a: 0 }, [{ _id: 1, n: null }]],
    [{ 'a.0': 1 }, [{ _id: 1, a: [{}, {}, [{}]] }]],
  ])('should go through arrays, dropping or keeping what is no document: %j', show([odd]));

  it.each<[Document, number]>([
    [{ a: 1, b: 0 }, 31254],
    [{ b: 0, a: 1 }, 31253],
    [{ 'a.b': 1, 'a.c': 0 }, 31254],
    [{ _id: 0, a: 0, b: 1 }, 31253],
    [{ a: 1, 'a.b': 1 }, 31249],
    [{ 'a.b': 1, a: 1 }, 31250],
    [{ 'a.b': 0, 'a.b.c': 0 }, 31249],
    [{ 'a..b': 1 }, 15998],
    [{ 'a.': 1 }, 40353],
    [{ $a: 1 }, 16410],
    [{ 'a.$b': 1 }, 16410],
    [{ a: {} }, 51270],
  ])('should refuse %j with %i', async (projection, code) => {
    expect(await refusal(projected([journal], projection))).toMatchObject({ code });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/projection/slice/
describe('$slice', () => {
  const socks = { _id: 1, item: 'socks', qty: 100, details: { colors: ['blue', 'red'], sizes: ['S', 'M', 'L'] } };
  const posts = { _id: 1, comments: ['0', '1', '2', '3'], title: 'Coffee please.', text: 'x' };
  const cut = (...comments: string[]) => ({ _id: 1, comments, title: 'Coffee please.', text: 'x' });

  it.each<Row>([
    [{ qty: 1, 'details.colors': { $slice: 1 } }, [{ _id: 1, qty: 100, details: { colors: ['blue'] } }]],
    [{ _id: 0, 'details.colors': { $slice: 1 } }, [{ item: 'socks', qty: 100, details: { colors: ['blue'], sizes: ['S', 'M', 'L'] } }]],
    [{ qty: 0, 'details.sizes': { $slice: -2 } }, [{ _id: 1, item: 'socks', details: { colors: ['blue', 'red'], sizes: ['M', 'L'] } }]],
  ])('should show by %j', show([socks]));

  it.each<Row>([
    [{ comments: { $slice: 3 } }, [cut('0', '1', '2')]],
    [{ comments: { $slice: -3 } }, [cut('1', '2', '3')]],
    [{ comments: { $slice: [1, 3] } }, [cut('1', '2', '3')]],
    [{ comments: { $slice: [-3, 2] } }, [cut('1', '2')]],
    [{ comments: { $slice: [-9, 2] } }, [cut('0', '1')]],
    [{ comments: { $slice: [9, 2] } }, [cut()]],
    [{ comments: { $slice: 0 } }, [cut()]],
    [{ title: { $slice: 1 } }, [cut('0', '1', '2', '3')]],
    [{ _id: 1, comments: { $slice: 1 } }, [{ _id: 1, comments: ['0'] }]],
    [{ comments: { $slice: ['$comments', 1] } }, [{ _id: 1, comments: ['0'] }]],
  ])('should show by %j', show([posts]));

  it.each<[Document, number]>([
    [{ comments: { $slice: [1, -1] } }, 28724],
    [{ comments: { $slice: 'x' } }, 28667],
    [{ comments: { $slice: [1, 2, 3, 4] } }, 28667],
    [{ comments: { $slice: 1 }, 'comments.x': 0 }, 31249],
  ])('should refuse %j with %i', async (projection, code) => {
    expect(await refusal(projected([posts], projection))).toMatchObject({ code });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/projection/elemMatch/
describe('$elemMatch', () => {
  const [john, jess, jeff] = [['john', 102, 10], ['jess', 102, 11], ['jeff', 108, 15]].map(([name, school, age]) => ({ name, school, age })); // prettier-ignore
  const [ajax, barney, ruth] = [['ajax', 100, 7], ['barney', 102, 7], ['ruth', 102, 16]].map(([name, school, age]) => ({ name, school, age })); // prettier-ignore
  const schools = [
    { _id: 1, zipcode: '63109', students: [john, jess, jeff] },
    { _id: 2, zipcode: '63110', students: [ajax] },
    { _id: 3, zipcode: '63109', students: [ajax] },
    { _id: 4, zipcode: '63109', students: [barney, ruth] },
  ];
  const players = [{ _id: 1, name: 'player1', games: [{ game: 'abc', score: 8 }, { game: 'xyz', score: 5 }], joined: 2020, lastLogin: 2021 }]; // prettier-ignore

  it.each<Row>([
    [{ students: { $elemMatch: { school: 102 } } }, [{ _id: 1, students: [john] }, { _id: 3 }, { _id: 4, students: [barney] }], { zipcode: '63109' }],
    [{ students: { $elemMatch: { school: 102, age: { $gt: 10 } } } }, [{ _id: 1, students: [jess] }, { _id: 3 }, { _id: 4, students: [ruth] }], { zipcode: '63109' }],
    [{ zipcode: { $elemMatch: { $eq: '63109' } } }, [{ _id: 1 }], { _id: 1 }],
    [{ _id: 0, students: { $elemMatch: { name: 'jeff' } } }, [{ students: [jeff] }], { _id: 1 }],
  ])('should show by %j', show(schools)); // prettier-ignore

  it('should put the field after the included ones, as the manual says', async () => {
    const projection = { games: { $elemMatch: { score: { $gt: 5 } } }, joined: 1, lastLogin: 1 };
    await show(players)(projection, [{ _id: 1, joined: 2020, lastLogin: 2021, games: [{ game: 'abc', score: 8 }] }]);
  });

  it.each<[Document, number]>([
    [{ games: { $elemMatch: 5 } }, 31274],
    [{ 'a.games': { $elemMatch: { x: 1 } } }, 31275],
    [{ games: { $elemMatch: { $nope: 1 } } }, 2],
  ])('should refuse %j with %i', async (projection, code) => {
    expect(await refusal(projected(players, projection))).toMatchObject({ code });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/operator/projection/positional/
describe('$', () => {
  const terms = [[70, 87, 90], [90, 88, 92], [85, 100, 90], [79, 85, 80]].map((grades, i) => ({ _id: i + 1, semester: i < 3 ? 1 : 2, grades })); // prettier-ignore
  const both = [{ _id: 1, x: [{ a: 1 }, { a: 2, c: 3 }], y: [{ aa: 1 }, { aa: 5 }], n: { z: [0, 1, 2] }, s: 7 }];

  it.each<Row>([
    [{ 'grades.$': 1 }, [{ _id: 1, grades: [87] }, { _id: 2, grades: [90] }, { _id: 3, grades: [85] }], { semester: 1, grades: { $gte: 85 } }],
    [{ 'grades.$': 1, semester: 1 }, [{ _id: 4, semester: 2, grades: [85] }], { _id: 4, grades: { $elemMatch: { $gt: 80 } } }],
  ])('should show by %j', show(terms)); // prettier-ignore

  it.each<Row>([
    [{ 'x.$': 1 }, [{ _id: 1, x: [{ a: 2, c: 3 }] }], { 'x.a': 2 }],
    [{ 'y.$': true }, [{ _id: 1, y: [{ aa: 5 }] }], { 'x.a': 2 }],
    [{ 'n.z.$': 1 }, [{ _id: 1, n: { z: [1] } }], { 'n.z': 1 }],
    [{ 's.$': 1 }, [{ _id: 1, s: 7 }], { s: 7 }],
    [{ 'none.$': 1 }, [{ _id: 1 }], { s: 7 }],
    [{ 'x.$': 1 }, [{ _id: 1, x: [{ a: 1 }] }], { $and: [{ 'x.a': 2 }, { 'x.a': 1 }] }],
  ])('should show by %j', show(both));

  it.each<[Document, number, Document?]>([
    [{ 'x.$': 1 }, 51246],
    [{ 'x.$': 1 }, 51246, { $or: [{ 'x.a': 1 }, { s: 9 }] }],
    [{ 'x.$': 1, y: 0 }, 31254, { 'x.a': 2 }],
    [{ 'x.$': 0 }, 31395, { 'x.a': 2 }],
    [{ 'x.$': { $slice: 1 } }, 31271, { 'x.a': 2 }],
    [{ 'x.$': 'text' }, 31308, { 'x.a': 2 }],
    [{ 'x.$': 1, 'y.$': 1 }, 31276, { 'x.a': 2 }],
    [{ 'x.$.a': 1 }, 31394, { 'x.a': 2 }],
    [{ 'x.$': 1, x: 1 }, 31250, { 'x.a': 2 }],
    [{ 'x.$': 1, y: { $elemMatch: { aa: 1 } } }, 31255, { 'x.a': 2 }],
  ])('should refuse %j with %i', async (projection, code, ...[filter]) => {
    expect(await refusal(projected(both, projection, filter))).toMatchObject({ code });
  });
});

// https://www.mongodb.com/docs/v7.0/reference/method/db.collection.find/#std-label-find-projection
describe('expressions', () => {
  const docs = [{ _id: 1, a: 1, b: 2, o: { x: 3, y: 4 }, l: [{ q: 1 }, { q: 2 }] }];

  it.each<Row>([
    [{ total: { $add: ['$a', '$b'] }, b: 1 }, [{ _id: 1, b: 2, total: 3 }]],
    [{ a: { $add: ['$a', 1] }, b: 1 }, [{ _id: 1, b: 2, a: 2 }]],
    [{ z: 'text', copy: '$o.x', _id: 0 }, [{ z: 'text', copy: 3 }]],
    [{ 'o.sum': { $add: ['$o.x', '$o.y'] }, 'o.x': 1 }, [{ _id: 1, o: { x: 3, sum: 7 } }]],
    [{ n: { $literal: 1 }, gone: '$none' }, [{ _id: 1, n: 1 }]],
    [{ 'l.r': '$a' }, [{ _id: 1, l: [{ r: 1 }, { r: 1 }] }]],
    [{ list: ['$a', '$none'] }, [{ _id: 1, list: [1, null] }]],
  ])('should show by %j', show(docs));

  it.each<[Document, number]>([
    [{ a: 0, t: { $add: ['$a', 1] } }, 31252],
    [{ t: { $add: ['$a', 1] }, a: 0 }, 31254],
    [{ a: 0, t: 'text' }, 31310],
    [{ t: { $nope: 1 } }, 31325],
    [{ t: '$$nope' }, 17276],
  ])('should refuse %j with %i', async (projection, code) => {
    expect(await refusal(projected(docs, projection))).toMatchObject({ code });
  });

  itEmbedded.each(['$sin', '$zip', '$getField'])('should refuse %s, which it does not have', async (name) => {
    expect(await refusal(projected(docs, { t: { [name]: '$a' } }))).toMatchObject({ code: 238 });
  });
});
