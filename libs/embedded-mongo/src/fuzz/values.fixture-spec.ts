import * as fc from 'fast-check';
import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import { isDocument, type Doc } from './oracle-order.fixture-spec.js';

const decimal = (text: string): Decimal128 => Decimal128.fromString(text);
const long = (text: string): Long => Long.fromString(text);

/** A few values that come up all the time, so that documents and filters meet. */
const COMMON: readonly unknown[] = [new Int32(1), new Int32(2), new Int32(3), 'a', 'b', null, true];

/** The neighbours of each other and of the limits of their types. */
const NUMBERS: readonly unknown[] = [
  new Int32(0),
  new Int32(-1),
  new Int32(2_147_483_647),
  new Double(1),
  new Double(2.5),
  new Double(-0),
  new Double(0.1),
  new Double(NaN),
  new Double(Infinity),
  new Double(-Infinity),
  new Double(9_007_199_254_740_992),
  new Double(9_223_372_036_854_775_808),
  new Double(5e-324),
  new Double(1.7976931348623157e308),
  long('1'),
  long('2147483648'),
  long('9007199254740992'),
  long('9007199254740993'),
  long('-9007199254740993'),
  long('9223372036854775807'),
  long('-9223372036854775808'),
  decimal('1'),
  decimal('1.0'),
  decimal('2.5'),
  decimal('0.1'),
  decimal('-0'),
  decimal('9007199254740993'),
  decimal('9007199254740992.5'),
  decimal('1E+2'),
  decimal('123456789012345678901234567890.1234'),
];

const STRINGS: readonly string[] = ['', 'A', 'ab', 'a\0', 'a\0b', '\0', '\u{1F600}', '\uFFFD', 'é', 'e\u0301', 'z'.repeat(40)];

const OTHERS: readonly unknown[] = [
  false,
  new Date(0),
  new Date(-1),
  new Date(1_700_000_000_000),
  new ObjectId('000000000000000000000001'),
  new ObjectId('0000000000000000000000ff'),
  new ObjectId('ffffffffffffffffffffffff'),
  new Binary(Buffer.from([])),
  new Binary(Buffer.from([1])),
  new Binary(Buffer.from([0, 255])),
  new Binary(Buffer.from([1]), 5),
  new Timestamp({ t: 1, i: 2 }),
  new Timestamp({ t: 4_294_967_295, i: 0 }),
  new MinKey(),
  new MaxKey(),
];

const REGEXES: readonly BSONRegExp[] = [new BSONRegExp('^a'), new BSONRegExp('b', 'i'), new BSONRegExp('^A', 'i')];

/** Regular expressions, as conditions of a filter and as stored values. */
export const regexes = fc.constantFrom(...REGEXES);

const anyScalars: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...COMMON) },
  { weight: 4, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom(...STRINGS) },
  { weight: 2, arbitrary: fc.constantFrom(...OTHERS) },
);

const PALETTE_SIZE = 7;

const paletteOf = (from: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> =>
  fc.array(from, { minLength: PALETTE_SIZE, maxLength: PALETTE_SIZE });

const few = fc.nat(5).map((n) => new Int32(n));

/** The values that one sequence draws most of its own from: of all classes, or of one so that ranges hold several. */
export const palettes: fc.Arbitrary<unknown[]> = fc.oneof(
  { weight: 2, arbitrary: paletteOf(anyScalars) },
  { weight: 2, arbitrary: paletteOf(fc.oneof(few, fc.constantFrom(...NUMBERS))) },
  { weight: 3, arbitrary: paletteOf(fc.oneof({ weight: 12, arbitrary: few }, { weight: 1, arbitrary: fc.constant(null) })) },
  { weight: 1, arbitrary: paletteOf(fc.constantFrom('a', 'b', ...STRINGS)) },
  { weight: 1, arbitrary: paletteOf(fc.oneof(few, fc.constantFrom(...OTHERS))) },
);

/** Stands for a value of the palette. */
class Slot {
  constructor(readonly number: number) {}
}

/** The value with the palette's values in their places. */
export function painted(value: unknown, palette: readonly unknown[]): unknown {
  if (value instanceof Slot) return palette[value.number];
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map((each) => painted(each, palette));
  return isDocument(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, painted(each, palette)])) : value;
}

/** Values without fields or elements, but for regular expressions. */
export const scalars: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 12, arbitrary: fc.nat(PALETTE_SIZE - 1).map((number) => new Slot(number)) },
  { weight: 1, arbitrary: anyScalars },
);

/** A document of some of these fields, in any order. */
function documentOf(names: readonly string[], values: fc.Arbitrary<unknown>, maxFields: number): fc.Arbitrary<Doc> {
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), values), { selector: ([name]) => name, maxLength: maxFields })
    .map((fields) => Object.fromEntries(fields));
}

const leaves = fc.oneof({ weight: 20, arbitrary: scalars }, { weight: 1, arbitrary: regexes });

const flat = documentOf(['x', 'y'], leaves, 2);

const smallArrays = fc.oneof(
  { weight: 4, arbitrary: fc.array(leaves, { maxLength: 4 }) },
  { weight: 3, arbitrary: fc.array(flat, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.oneof(leaves, flat, fc.array(leaves, { maxLength: 2 })), { maxLength: 3 }) },
);

/** Documents two levels deep. */
const nested = documentOf(
  ['x', 'y'],
  fc.oneof({ weight: 4, arbitrary: leaves }, { weight: 1, arbitrary: flat }, { weight: 1, arbitrary: smallArrays }),
  2,
);

const arrays = fc.oneof({ weight: 5, arbitrary: smallArrays }, { weight: 1, arbitrary: fc.array(nested, { maxLength: 2 }) });

/** What a field can hold, but for a regular expression at the top: that would be a condition in a filter. */
export const literals: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 10, arbitrary: scalars },
  { weight: 3, arbitrary: nested },
  { weight: 5, arbitrary: arrays },
);

/** What a field can hold. */
export const values: fc.Arbitrary<unknown> = fc.oneof({ weight: 20, arbitrary: literals }, { weight: 1, arbitrary: regexes });

const smallIds = fc.nat(24).map((n) => new Int32(n));

/** Values of `_id` from a pool that is small enough for duplicates. */
export const ids: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 10, arbitrary: smallIds },
  { weight: 3, arbitrary: scalars },
  { weight: 1, arbitrary: flat },
);

/** The fields of a document beside its `_id`. */
export const fields: fc.Arbitrary<Doc> = documentOf(['a', 'b', 'c'], values, 3);

/** Whole documents; now and then with an `_id` that MongoDB does not take. */
export const documents: fc.Arbitrary<Doc> = fc
  .tuple(
    fc.oneof({ weight: 60, arbitrary: ids }, { weight: 1, arbitrary: fc.constant([new Int32(1)]) }, { weight: 1, arbitrary: regexes }),
    fields,
  )
  .map(([_id, rest]) => ({ _id, ...rest }));
