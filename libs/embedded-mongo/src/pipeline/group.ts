import { Decimal128, Double, Int32 } from 'bson';
import type { Document } from '../document.js';
import { asDocument, RawDocument, typeOf } from '../document.js';
import { fail } from '../errors.js';
import { canonical, compareValues, isNil } from '../key.js';
import type { BsonNumber } from '../numbers.js';
import { arithmetic, integerOf, isNumber, toDouble, toInteger } from '../numbers.js';
import { parseSort, Slices, sortKey } from '../sort.js';
import type { Scope } from './expressions.js';
import { compileExpression } from './expressions.js';
import { mergeObjects } from './functions.js';

/** What one group gathers. */
interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}

/** What to read from a document, and a fresh accumulator for it. */
interface Gathering {
  evaluate: (doc: RawDocument) => unknown;
  create: () => Accumulator;
}

/** Integers exactly, doubles with the lost low bits carried along, as MongoDB sums. */
class Sum {
  count = 0;
  private integers = 0n;
  private small = 0;
  private total = 0;
  private lost = 0;
  private decimal: BsonNumber | undefined;
  private widest: 'int' | 'long' | 'double' = 'int';

  add(value: unknown): void {
    if (!isNumber(value)) return;
    this.count++;
    const type = typeOf(value);
    if (type === 'int') this.small += toDouble(value);
    else if (type === 'long') this.integers += toInteger(value) ?? 0n;
    else if (type === 'decimal') this.decimal = arithmetic('add', this.decimal ?? new Int32(0), value);
    else this.addDouble(toDouble(value));
    if (type === 'double' || (type === 'long' && this.widest === 'int')) this.widest = type;
  }

  result(): unknown {
    const whole = this.integers + BigInt(this.small);
    if (this.decimal)
      return arithmetic(
        'add',
        this.decimal,
        this.widest === 'double' ? new Double(this.double()) : (integerOf(whole) ?? new Double(Number(whole))),
      );
    return (this.widest === 'double' ? undefined : integerOf(whole, this.widest)) ?? new Double(this.double());
  }

  double(): number {
    return this.total + this.lost + Number(this.integers + BigInt(this.small));
  }

  private addDouble(value: number): void {
    const sum = this.total + value;
    if (Number.isFinite(sum)) this.lost += Math.abs(this.total) >= Math.abs(value) ? this.total - sum + value : value - sum + this.total;
    this.total = sum;
  }
}

class Average extends Sum {
  override result(): unknown {
    if (this.count === 0) return null;
    const sum = super.result();
    return sum instanceof Decimal128
      ? fail(238, '$avg of decimals is not supported by the embedded database')
      : new Double(this.double() / this.count);
  }
}

class Deviation implements Accumulator {
  private count = 0;
  private mean = 0;
  private squares = 0;

  constructor(private readonly sample: 0 | 1) {}

  add(value: unknown): void {
    if (!isNumber(value)) return;
    const x = toDouble(value);
    const delta = x - this.mean;
    this.mean += delta / ++this.count;
    this.squares += delta * (x - this.mean);
  }

  result(): unknown {
    return this.count <= this.sample ? null : new Double(Math.sqrt(this.squares / (this.count - this.sample)));
  }
}

/** An accumulator that keeps the values it was given as `keep` decides. */
function gathered(keep: (values: unknown[], value: unknown) => unknown[], finish: (values: unknown[]) => unknown): () => Accumulator {
  return () => {
    let values: unknown[] = [];
    return { add: (value) => void (values = keep(values, value)), result: () => finish(values) };
  };
}

const appended = (values: unknown[], value: unknown): unknown[] => {
  values.push(value);
  return values;
};

const extreme = (better: (order: number) => boolean): (() => Accumulator) =>
  gathered(
    (kept, value) => (!isNil(value) && (kept.length === 0 || better(compareValues(value, kept[0]))) ? [value] : kept),
    ([value]) => value ?? null,
  );

function set(): Accumulator {
  const values = new Map<string, unknown>();
  return {
    add: (value) => {
      const key = canonical(value);
      if (value !== undefined && !values.has(key)) values.set(key, value);
    },
    result: () => [...values.values()],
  };
}

const SIMPLE: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => new Sum(),
  $avg: () => new Average(),
  $min: extreme((order) => order < 0),
  $max: extreme((order) => order > 0),
  $first: gathered(
    (kept, value) => (kept.length > 0 ? kept : [value ?? null]),
    ([value]) => value,
  ),
  $last: gathered(
    (_, value) => [value ?? null],
    ([value]) => value,
  ),
  $push: gathered(
    (kept, value) => (value === undefined ? kept : appended(kept, value)),
    (values) => values,
  ),
  $addToSet: set,
  $mergeObjects: gathered(appended, (values) => mergeObjects(...values)),
  $stdDevPop: () => new Deviation(0),
  $stdDevSamp: () => new Deviation(1),
};

/** `$topN` and its kind: the end of the group they keep, whether one or n, and whether they order by documents or by the value itself. */
const RANKED: Readonly<Record<string, { last: boolean; one?: boolean; by: 'none' | 'value' | 'sortBy' }>> = {
  $firstN: { last: false, by: 'none' },
  $lastN: { last: true, by: 'none' },
  $minN: { last: false, by: 'value' },
  $maxN: { last: true, by: 'value' },
  $top: { last: false, one: true, by: 'sortBy' },
  $topN: { last: false, by: 'sortBy' },
  $bottom: { last: true, one: true, by: 'sortBy' },
  $bottomN: { last: true, by: 'sortBy' },
};

function ranked(name: string, operand: unknown, scope: Scope): Gathering {
  const { last, one, by } = RANKED[name] ?? fail(1, name);
  const spec = asDocument(operand) ?? fail(5787900, `specification must be an object; found ${name}: ${typeOf(operand)}`);
  const count = one
    ? 1
    : Number(toInteger(compileExpression(spec['n'], scope)({})) ?? fail(5787902, `${name} requires a positive integer n`));
  if (count < 1) fail(5787908, `'n' must be greater than 0, found ${count}`);
  const value = compileExpression(by === 'sortBy' ? spec['output'] : spec['input'], scope);
  const fields = by === 'sortBy' ? parseSort(asDocument(spec['sortBy']) ?? fail(5788005, `Missing value for 'sortBy'`)) : [];
  const evaluate = (doc: RawDocument): [string, unknown] => {
    const own = value(doc);
    return [by === 'sortBy' ? sortKey(doc, fields) : by === 'value' ? canonical(own) : '', own ?? null];
  };
  const order = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);
  const finish = (pairs: unknown[]): unknown => {
    const sorted = (pairs as [string, unknown][]).filter(([, own]) => by !== 'value' || !isNil(own)).sort(order);
    const kept = (last ? sorted.slice(-count) : sorted.slice(0, count)).map(([, own]) => own);
    return one ? kept[0] : name === '$maxN' ? kept.reverse() : kept;
  };
  return { evaluate, create: gathered(appended, finish) };
}

function gathering(field: string, operand: unknown, scope: Scope): Gathering {
  const spec = typeOf(operand) === 'object' ? asDocument(operand) : undefined;
  const [name, ...others] = Object.keys(spec ?? {});
  if (!spec || !name?.startsWith('$')) return fail(40234, `The field '${field}' must be an accumulator object`);
  if (others.length > 0) fail(40238, `The field '${field}' must specify one accumulator`);
  if (field.includes('.')) fail(40235, `The field name '${field}' cannot contain '.'`);
  if (name === '$count') return { evaluate: () => 1, create: () => new Sum() };
  if (Object.hasOwn(RANKED, name)) return ranked(name, spec[name], scope);
  const create = Object.hasOwn(SIMPLE, name) ? SIMPLE[name] : undefined;
  return { evaluate: compileExpression(spec[name], scope), create: create ?? fail(15952, `unknown group operator '${name}'`) };
}

/** The sums a `$group` without fields asks for, `{_id: 1, n: {$sum: 1}}`: they need only the number of documents. */
function countsOnly(id: unknown, fields: [string, unknown][]): boolean {
  return (
    (id === null || isNumber(id)) &&
    fields.every(([, operand]) => isNumber(asDocument(operand)?.['$sum']) || '$count' in (asDocument(operand) ?? {}))
  );
}

/** `$group`: `id` gives the group of a document when it is not the specification's own `_id`. */
export function group(spec: Document, scope: Scope, yieldTurn: () => Promise<void>, id?: (doc: RawDocument) => unknown) {
  if (!('_id' in spec) && !id) fail(15955, 'a group specification must include an _id');
  const fields = Object.entries(spec).filter(([field]) => field !== '_id');
  const gatherings = fields.map(([field, operand]) => [field, gathering(field, operand, scope)] as const);
  const idOf = id ?? compileExpression(spec['_id'], scope);
  const counting = !id && countsOnly(spec['_id'], fields);
  return async function* (source: AsyncIterable<RawDocument[]>): AsyncGenerator<RawDocument[]> {
    const slices = new Slices(yieldTurn);
    const groups = new Map<string, { id: unknown; gathered: Accumulator[] }>();
    let count = 0;
    for await (const batch of source) {
      if (counting) count += batch.length;
      for (const doc of counting ? [] : batch) {
        const own = idOf(doc) ?? null;
        const key = canonical(own);
        let entry = groups.get(key);
        if (!entry) groups.set(key, (entry = { id: own, gathered: gatherings.map(([, each]) => each.create()) }));
        for (const [i, [, each]] of gatherings.entries()) entry.gathered[i]?.add(each.evaluate(doc));
      }
      await slices.pause();
    }
    if (count > 0) {
      const total = (operand: unknown): unknown =>
        arithmetic('multiply', (asDocument(operand)?.['$sum'] ?? 1) as BsonNumber, integerOf(BigInt(count)) ?? count);
      yield [RawDocument.fromTyped({ _id: spec['_id'], ...Object.fromEntries(fields.map(([field, operand]) => [field, total(operand)])) })];
    }
    let out: RawDocument[] = [];
    for (const entry of groups.values()) {
      out.push(
        RawDocument.fromTyped({
          _id: entry.id,
          ...Object.fromEntries(gatherings.map(([field], i) => [field, entry.gathered[i]?.result()])),
        }),
      );
      if (out.length < 100) continue;
      yield out;
      out = [];
      await slices.pause();
    }
    if (out.length > 0) yield out;
  };
}
