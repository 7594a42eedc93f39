import { expressionsOn } from './expressions.fixture-spec.js';

const sut = expressionsOn({ _id: 1, text: 'x', nil: null, list: [1, 2, 3], empty: [], o: { item: 'foo', qty: 25 }, none: {} });

const pairs = (...list: unknown[]) => ({ $arrayToObject: { $literal: list } });

sut.describeOperators({
  $arrayToObject: {
    gives: [
      [pairs({ k: 'item', v: 'abc123' }, { k: 'qty', v: 25 }), { item: 'abc123', qty: 25 }],
      [pairs(['item', 'abc123'], ['qty', 25]), { item: 'abc123', qty: 25 }],
      [pairs(['a', 1], ['a', 2]), { a: 2 }],
      [{ $arrayToObject: '$empty' }, {}],
      [{ $arrayToObject: '$nope' }, null],
    ],
    refuses: [
      [{ $arrayToObject: '$text' }, 40386],
      [pairs({ k: 'a', v: 1 }, ['a', 1]), /\$arrayToObject/],
      [pairs({ k: 'a', v: 1, w: 1 }), /\$arrayToObject/],
      [pairs({ k: 'a', w: 1 }), /\$arrayToObject/],
      [pairs({ k: 1, v: 1 }), /\$arrayToObject/],
      [pairs([1, 1]), /\$arrayToObject/],
      [pairs(['a', 1], { k: 'a', v: 1 }), /\$arrayToObject/],
      [pairs(['a', 1, 2]), /\$arrayToObject/],
      [pairs(1), /\$arrayToObject/],
    ],
  },
  $objectToArray: {
    gives: [
      [{ $objectToArray: { item: 'foo', qty: 25 } }, [{ k: 'item', v: 'foo' }, { k: 'qty', v: 25 }]], // prettier-ignore
      [{ $objectToArray: { item: 'foo', size: { len: 25, w: 10 } } }, [{ k: 'item', v: 'foo' }, { k: 'size', v: { len: 25, w: 10 } }]], // prettier-ignore
      [{ $objectToArray: '$none' }, []],
      [{ $objectToArray: '$nil' }, null],
    ],
    refuses: [
      [{ $objectToArray: '$list' }, 40390],
      [{ $objectToArray: '$text' }, 40390],
    ],
  },
  $mergeObjects: {
    gives: [
      [{ $mergeObjects: [{ a: 1 }, null] }, { a: 1 }],
      [{ $mergeObjects: [null, null] }, {}],
      [{ $mergeObjects: [{ a: 1 }, { a: 2, b: 2 }, { a: 3, c: 3 }] }, { a: 3, b: 2, c: 3 }],
      [{ $mergeObjects: [{ a: 1 }, { a: 2, b: 2 }, { a: 3, b: null, c: 3 }] }, { a: 3, b: null, c: 3 }],
      [{ $mergeObjects: '$o' }, { item: 'foo', qty: 25 }],
      [{ $mergeObjects: '$nope' }, {}],
    ],
    refuses: [
      [{ $mergeObjects: ['$o', '$text'] }, 40400],
      [{ $mergeObjects: ['$list'] }, 40400],
    ],
  },
});

// https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/mergeObjects/
it('should keep the place of a name $mergeObjects writes over', async () => {
  const { value } = await sut.evaluate({ $mergeObjects: [{ a: 1, b: 1 }, { c: 1, a: 2 }] }); // prettier-ignore
  expect(JSON.stringify(value)).toBe('{"a":2,"b":1,"c":1}');
});
