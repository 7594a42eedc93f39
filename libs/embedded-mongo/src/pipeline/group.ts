import { Double } from 'bson';
import { asDocument, RawDocument, typeOf, type Document } from '../document.js';
import { fail } from '../errors.js';
import { canonical, compareValues, isNil } from '../key.js';
import { integerOf, isNumber, toDouble, toInteger } from '../numbers.js';
import { mergeObjects } from './arrays.js';
import { compileExpression, type Scope } from './expressions.js';
import { inBatches, type Stage } from './source.js';

/** What one field of a group gathers from the values of its documents (undefined: missing). */
interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}

/** Integers exactly, doubles with the lost low bits carried along, as MongoDB sums. */
class Sum implements Accumulator {
  protected count = 0;
  private integers = 0n;
  private total = 0;
  private lost = 0;
  private widest: 'int' | 'long' | 'double' = 'int';

  add(value: unknown): void {
    if (!isNumber(value)) return;
    const type = typeOf(value);
    if (type === 'decimal') fail(238, '$sum and $avg of decimals are not supported by the embedded database');
    this.count++;
    if (type === 'double') this.addDouble(toDouble(value));
    else this.integers += toInteger(value) ?? 0n;
    if (type === 'double' || (type === 'long' && this.widest === 'int')) this.widest = type;
  }

  /** A long that overflows becomes a double. */
  result(): unknown {
    return (this.widest === 'double' ? undefined : integerOf(this.integers, this.widest)) ?? new Double(this.double());
  }

  protected double(): number {
    return this.total + this.lost + Number(this.integers);
  }

  private addDouble(value: number): void {
    const sum = this.total + value;
    if (Number.isFinite(sum)) this.lost += Math.abs(this.total) >= Math.abs(value) ? this.total - sum + value : value - sum + this.total;
    this.total = sum;
  }
}

class Average extends Sum {
  override result(): unknown {
    return this.count === 0 ? null : new Double(this.double() / this.count);
  }
}

/** Keeps one value: that which `isBetter` than what it has. */
const single = (isBetter: (value: unknown, kept: unknown, isFirst: boolean) => boolean) => (): Accumulator => {
  const kept: unknown[] = [];
  return {
    add: (value) => {
      if (isBetter(value, kept[0], kept.length === 0)) kept[0] = value;
    },
    result: () => kept[0] ?? null,
  };
};

/** Keeps the values that are there, the first of each key. */
const every = (keyOf: (value: unknown) => unknown, finish: (values: unknown[]) => unknown) => (): Accumulator => {
  const values = new Map<unknown, unknown>();
  return {
    add: (value) => {
      const key = value === undefined ? undefined : keyOf(value);
      if (value !== undefined && !values.has(key)) values.set(key, value);
    },
    result: () => finish([...values.values()]),
  };
};

const distinct = (): symbol => Symbol();

/** A fresh accumulator by name. */
const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $addToSet: every(canonical, (values) => values),
  $avg: () => new Average(),
  $count: () => new Sum(),
  $first: single((_value, _kept, isFirst) => isFirst),
  $last: single(() => true),
  $max: single((value, kept, isFirst) => !isNil(value) && (isFirst || compareValues(value, kept) > 0)),
  $mergeObjects: every(distinct, (values) => mergeObjects(...values)),
  $min: single((value, kept, isFirst) => !isNil(value) && (isFirst || compareValues(value, kept) < 0)),
  $push: every(distinct, (values) => values),
  $sum: () => new Sum(),
};

/** Accumulators MongoDB has and this engine does not. */
const UNSUPPORTED = new Set(
  `$accumulator $bottom $bottomN $firstN $lastN $maxN $median $minN $percentile $stdDevPop $stdDevSamp $top $topN`.split(' '),
);

/** A field of the result: what to read from a document, and an accumulator for each group. */
function fieldOf(name: string, operand: unknown, scope: Scope) {
  const spec = asDocument(operand) ?? {};
  const [operator = '', ...others] = Object.keys(spec);
  if (!operator.startsWith('$')) fail(40234, `The field '${name}' must be an accumulator object`);
  if (name.includes('.')) fail(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith('$')) fail(40236, `The field name '${name}' cannot be an operator name`);
  if (others.length > 0) fail(40238, `The field '${name}' must specify one accumulator`);
  if (UNSUPPORTED.has(operator)) fail(238, `${operator} is not supported by the embedded database`);
  if (Array.isArray(spec[operator])) fail(40237, `The ${operator} accumulator is a unary operator`);
  const isCount = operator === '$count';
  if (isCount && Object.keys(asDocument(spec[operator]) ?? spec).length > 0) fail(14, '$count takes no arguments, i.e. $count:{}');
  const create = (Object.hasOwn(ACCUMULATORS, operator) && ACCUMULATORS[operator]) || fail(15952, `unknown group operator '${operator}'`);
  return { name, evaluate: compileExpression(isCount ? 1 : spec[operator], scope), create };
}

/** `$group`: the groups in the order in which they were met. */
export function group(spec: Document, scope: Scope): Stage {
  const { _id, ...rest } = spec;
  if (!('_id' in spec)) fail(15955, 'a group specification must include an _id');
  const fields = Object.entries(rest).map(([name, operand]) => fieldOf(name, operand, scope));
  const idOf = compileExpression(_id, scope);

  return function* (source) {
    const groups = new Map<string, { id: unknown; accumulators: Accumulator[] }>();
    for (const batch of source) {
      for (const doc of batch) {
        const id = idOf(doc) ?? null;
        const key = canonical(id);
        const found = groups.get(key) ?? { id, accumulators: fields.map(({ create }) => create()) };
        groups.set(key, found);
        for (const [i, { evaluate }] of fields.entries()) found.accumulators[i]?.add(evaluate(doc));
      }
      yield [];
    }
    yield* inBatches(groups.values(), ({ id, accumulators }) => {
      const result: Document = { _id: id };
      for (const [i, { name }] of fields.entries()) result[name] = accumulators[i]?.result();
      return RawDocument.fromTyped(result);
    });
  };
}
