import { BSON } from 'mongodb';
import { byIndex, isAsExpected, sameSet, send, TYPED, type Target } from './observe.fixture-spec.js';
import type { Operation, Sequence } from './operation.fixture-spec.js';
import { indexKeys, indexName, type IndexSpec } from './oracle-keys.fixture-spec.js';
import type { Doc } from './oracle-order.fixture-spec.js';
import { Undecided } from './oracle-refusal.fixture-spec.js';
import { Oracle, type Foreseen } from './oracle.fixture-spec.js';

/** Any value as text that can be pasted back: canonical extended JSON. */
export const show = (value: unknown): string => BSON.EJSON.stringify(value, { relaxed: false });

const READS = ['find', 'count', 'distinct', 'badFilter'];

/** A collection and what the oracle says of it. */
interface Side {
  name: string;
  indexed: boolean;
  oracle: Oracle;
}

const readable = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return BSON.deserialize(value, TYPED);
  return Array.isArray(value) ? value.map(readable) : value;
};

function mismatch(side: Side, sent: unknown, expected: unknown, observed: unknown): Error {
  const lines = [
    `${side.indexed ? 'with' : 'without'} indexes: ${show(sent)}`,
    `  expected ${show(expected)}`,
    `  got      ${show(observed)}`,
    `  indexes  ${show(side.oracle.indexes)}`,
    `  over     ${show(side.oracle.documents)}`,
  ];
  return new Error(lines.join('\n'));
}

async function check(target: Target, side: Side, { sent, expected }: Foreseen): Promise<void> {
  const observed = await send(target, side.name, sent, side.oracle.indexes);
  if (isAsExpected(observed, expected, side.indexed)) return;
  throw mismatch(side, sent, expected, 'reply' in observed ? readable(observed.reply) : observed);
}

/** Whether the collection holds what the oracle says, and each index leads to what it should hold. */
async function checkContents(target: Target, side: Side): Promise<void> {
  const { documents, indexes } = side.oracle;
  const natural = await byIndex(target, side.name, {}, { $natural: 1 });
  if (!sameSet(natural, documents)) throw mismatch(side, 'all documents', documents, readable(natural));
  await Promise.all(indexes.map((index) => checkIndex(target, side, index, indexName(index))));
  await checkIndex(target, side, { key: { _id: 1 } }, '_id_');
}

async function checkIndex(target: Target, side: Side, index: IndexSpec, hint: string): Promise<void> {
  const expected = side.oracle.documents.filter((doc) => indexKeys(doc, index).length > 0);
  const found = await byIndex(target, side.name, index.partialFilterExpression ?? {}, hint);
  if (!sameSet(found, expected)) throw mismatch(side, `all documents of index ${hint}`, expected, readable(found));
}

/** What both collections are to do, or undefined where the oracle does not know; indexes are for one of them only. */
function foreseeAll(sides: readonly Side[], operation: Operation): { side: Side; foreseen: Foreseen }[] | undefined {
  const concerned = ['createIndex', 'dropIndex'].includes(operation.kind) ? sides.filter(({ indexed }) => indexed) : sides;
  try {
    return concerned.map((side) => ({ side, foreseen: side.oracle.foresee(operation) }));
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

/** How many operations were sent, and how many the oracle left out. */
export interface Tally {
  sent: number;
  leftOut: number;
}

async function runOn(target: Target, sides: readonly Side[], operations: readonly Operation[], tally: Tally): Promise<void> {
  const reads: Promise<void>[] = [];
  try {
    for (const operation of operations) {
      const plans = foreseeAll(sides, operation);
      tally[plans ? 'sent' : 'leftOut'] += 1;
      if (!plans) continue;
      if (READS.includes(operation.kind)) {
        reads.push(...plans.map(({ side, foreseen }) => check(target, side, foreseen)));
        continue;
      }
      await Promise.all(reads.splice(0));
      await Promise.all(plans.map(({ side, foreseen }) => check(target, side, foreseen)));
      for (const { side, foreseen } of plans) side.oracle = foreseen.after;
    }
    await Promise.all(reads.splice(0));
  } finally {
    await Promise.allSettled(reads);
  }
}

let runs = 0;

/** Runs a sequence on two new collections, one with indexes and one without; raises an error that tells the first difference. */
export async function runSequence(target: Target, { documents, indexes, operations }: Sequence, tally: Tally): Promise<void> {
  const run = ++runs;
  const sides: Side[] = [
    { name: `plain${run}`, indexed: false, oracle: new Oracle() },
    { name: `indexed${run}`, indexed: true, oracle: new Oracle() },
  ];
  try {
    const start: Operation[] = documents.length > 0 ? [{ kind: 'insert', documents, ordered: false }] : [];
    const making = indexes.map((index): Operation => ({ kind: 'createIndex', index }));
    await runOn(target, sides, [...start, ...making, ...operations], tally);
    await Promise.all(sides.map((side: Side) => checkContents(target, side)));
  } finally {
    await Promise.all(sides.map(({ name }) => target.db.collection<Doc>(name).drop()));
  }
}
