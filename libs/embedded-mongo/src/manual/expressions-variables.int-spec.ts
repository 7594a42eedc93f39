import { Double } from 'mongodb';
import { expressionsOn } from './expressions.fixture-spec.js';

const sut = expressionsOn({
  _id: 1,
  item: 'abc1',
  zero: 0,
  list: [1, 2],
  o: { b: 1, a: 2 },
  arr: [{ x: 1 }, 5, { x: 2 }, { y: 1 }],
  price: 10,
  tax: 0.5,
});

sut.describeOperators({
  $literal: {
    gives: [
      [{ $literal: { $add: [2, 3] } }, { $add: [2, 3] }],
      [{ $literal: { $literal: 1 } }, { $literal: 1 }],
      [{ $eq: [{ $literal: '$1' }, { $concat: [{ $literal: '$' }, '1'] }] }, true],
      [{ $literal: new Double(5) }, 5, 'double'],
    ],
    refuses: [[{ $literal: 1, $add: [1] }, 15983]],
  },
  $let: {
    gives: [
      [{ $let: { vars: { total: { $add: ['$price', '$tax'] }, off: 0.9 }, in: { $multiply: ['$$total', '$$off'] } } }, 9.450000000000001],
      [{ $let: { vars: { a: 1 }, in: { $let: { vars: { a: 2, b: '$$a' }, in: ['$$a', '$$b'] } } } }, [2, 1]],
      [{ $let: { vars: { o: '$o' }, in: '$$o.a' } }, 2],
      [{ $let: { vars: { CURRENT: '$o' }, in: '$b' } }, 1],
      [{ $let: { vars: { a: '$nope' }, in: '$$a' } }, undefined],
    ],
    refuses: [
      [{ $let: 1 }, 16874],
      [{ $let: { vars: {}, in: 1, as: 1 } }, 16875],
      [{ $let: { in: 1 } }, 16876],
      [{ $let: { vars: {} } }, 16877],
      [{ $let: { vars: { Upper: 1 }, in: 1 } }, 9],
    ],
  },
});

// https://www.mongodb.com/docs/v7.0/reference/aggregation-variables/
describe('field paths and variables', () => {
  it.each([
    ['$item', 'abc1'],
    ['$o.b', 1],
    ['$arr.x', [1, 2]],
    ['$list.x', []],
    ['$item.x', undefined],
    ['$nope.x', undefined],
    ['$$ROOT.item', 'abc1'],
    ['$$CURRENT.item', 'abc1'],
    ['$$REMOVE', undefined],
    [
      ['$nope', '$zero'],
      [null, 0],
    ],
    [{ a: '$nope', b: { c: '$zero', d: '$nope' } }, { b: { c: 0 } }],
  ])('should evaluate %j to %j', async (expression, value) => {
    expect((await sut.evaluate(expression)).value).toEqual(value);
  });

  it.each([
    ['$$nope', 17276],
    ['$', 16872],
    ['$a.', 40353],
    ['$a..b', 15998],
    [{ $add: [1], a: 1 }, 15983],
    [{ a: 1, $add: [1] }, 16410],
    [{ 'a.b': 1 }, 16412],
  ])('should refuse %j with %i', async (expression, code) => {
    expect(await sut.refused(expression)).toMatchObject({ code });
  });

  it('should have one $$NOW for a whole aggregation', async () => {
    const before = Date.now() - 60_000;
    const [doc] = await sut
      .collection()
      .aggregate([{ $set: { a: '$$NOW' } }, { $set: { b: '$$NOW' } }])
      .toArray();
    expect(doc?.['a']).toBeInstanceOf(Date);
    expect((doc?.['a'] as Date).getTime()).toBeGreaterThan(before);
    expect(doc?.['b']).toEqual(doc?.['a']);
  });
});
