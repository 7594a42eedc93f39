import { itEmbedded, refusal } from '../server.fixture-spec.js';
import { expressionsOn } from './expressions.fixture-spec.js';

const sut = expressionsOn({ _id: 1, date: new Date('2014-01-01T08:15:39.736Z'), list: [1, 2], text: 'x', n: 1, o: { a: 1 } });

const date = '$date';
const range = { startDate: date, unit: 'day', amount: 1 };
const limited = { input: '$list', n: 1 };
const regex = { input: '$text', regex: 'x' };

const one = (operand: unknown, ...names: string[]): [string, unknown][] => names.map((name) => [name, operand]);

/** Every expression of MongoDB 7.0 that is left out, with an operand MongoDB takes. https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/ */
const LEFT_OUT: [name: string, operand: unknown][] = [
  ...one('$n', '$sin', '$cos', '$tan', '$asin', '$acos', '$atan', '$sinh', '$cosh', '$tanh', '$asinh', '$acosh', '$atanh'),
  ...one('$n', '$degreesToRadians', '$radiansToDegrees', '$toDecimal', '$bitNot', '$toHashedIndexKey'),
  ...one(['$n', 1], '$atan2', '$bitAnd', '$bitOr', '$bitXor'),
  ...one('$list', '$sum', '$avg', '$min', '$max', '$stdDevPop', '$stdDevSamp'),
  ...one(limited, '$firstN', '$lastN', '$minN', '$maxN'),
  ...one(['$list', [1]], '$setUnion', '$setIntersection', '$setDifference', '$setEquals', '$setIsSubset'),
  ...one(['$list'], '$allElementsTrue', '$anyElementTrue'),
  ...one(regex, '$regexFind', '$regexFindAll'),
  ...one(range, '$dateAdd', '$dateSubtract'),
  ['$dateDiff', { startDate: date, endDate: date, unit: 'day' }],
  ['$dateFromParts', { year: 2014 }],
  ['$dateFromString', { dateString: '2014-01-01' }],
  ['$dateToParts', { date }],
  ['$week', date],
  ['$tsSecond', '$nope'],
  ['$tsIncrement', '$nope'],
  ['$convert', { input: '$n', to: 'string' }],
  ['$getField', 'n'],
  ['$setField', { field: 'a', input: '$o', value: 1 }],
  ['$unsetField', { field: 'a', input: '$o' }],
  ['$zip', { inputs: ['$list', '$list'] }],
  ['$sortArray', { input: '$list', sortBy: 1 }],
  ['$indexOfCP', ['$text', 'x']],
  ['$binarySize', '$text'],
  ['$bsonSize', '$o'],
  ['$rand', {}],
  ['$meta', 'textScore'],
  ['$median', { input: '$list', method: 'approximate' }],
  ['$percentile', { input: '$list', p: [0.5], method: 'approximate' }],
  ['$function', { body: 'function () { return 1 }', args: [], lang: 'js' }],
];

describe('expressions', () => {
  itEmbedded.each(LEFT_OUT)('should refuse %s by name', async (name, operand) => {
    const refused = await sut.refused({ [name]: operand });
    expect(refused).toMatchObject({ code: 238, codeName: 'NotImplemented' });
    expect(refused.message).toContain(name);
    expect(refused.message).toContain('not supported by the embedded database');
  });

  it.each(['$nope', '$Add', '$constructor', '$__proto__', '$toString2', '$sampleRate', '$where', '$push'])(
    'should not know %s, deep inside either',
    async (name) => {
      expect(await sut.refused({ [name]: 1 })).toMatchObject({ code: 168, codeName: 'InvalidPipelineOperator' });
      const deep = await sut.refused({ $cond: [true, 1, { a: [{ $add: [1, { [name]: 1 }] }] }] });
      expect(deep).toMatchObject({ code: 168 });
      expect(deep.message).toContain(`Unrecognized expression '${name}'`);
    },
  );

  // https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/project/
  it('should say so by another number directly in $project', async () => {
    const { code, message } = await refusalOf({ $project: { a: { $nope: 1 } } });
    expect({ code, message }).toEqual({ code: 31325, message: 'Invalid $project :: caused by :: Unknown expression $nope' });
  });

  it('should refuse them before there is any document', async () => {
    expect(await refusalOf({ $match: { _id: 9 } }, { $set: { a: { $nope: 1 } } })).toMatchObject({ code: 168 });
  });
});

function refusalOf(...stages: object[]) {
  return refusal(sut.collection().aggregate(stages).toArray());
}
