import * as fc from 'fast-check';
import { openServer, type LiveServer } from '../server.fixture-spec.js';
import { minimise } from './minimise.fixture-spec.js';
import type { Target } from './observe.fixture-spec.js';
import type { Sequence } from './operation.fixture-spec.js';
import { runSequence, show, type Tally } from './run.fixture-spec.js';
import { sequences } from './sequences.fixture-spec.js';

/** Sequences between two looks at the count of operations. */
const ROUND = 25;
/** The time that making a failing sequence smaller may take. */
const SHRINKING_MS = 60_000;

const env = (name: string): number | undefined => (process.env[name] ? Number(process.env[name]) : undefined);

const wanted = env('FUZZ_OPERATIONS') ?? 10_000;
const firstSeed = env('FUZZ_SEED') ?? Math.floor(Math.random() * 2 ** 31);
const path = process.env['FUZZ_PATH'];

let sut: LiveServer;
let target: Target;

beforeAll(async () => {
  sut = await openServer();
  target = { db: sut.db, session: sut.client.startSession() };
});

afterAll(async () => {
  await target.session.endSession();
  await sut.close();
});

/** The difference that a sequence shows, if it still shows one. */
async function difference(sequence: Sequence): Promise<string | undefined> {
  try {
    await runSequence(target, sequence, { sent: 0, leftOut: 0 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function explain(details: fc.RunDetails<[Sequence]>, [found]: [Sequence]): Promise<string> {
  const { documents, indexes, operations } = await minimise(found, async (smaller) => (await difference(smaller)) !== undefined);
  const again = `npm run fuzz:mongo -- --seed ${details.seed} --path ${details.counterexamplePath ?? ''}`;
  return [
    `The server and MongoDB's manual differ. Again: ${again}`,
    `seed ${details.seed}, path ${details.counterexamplePath ?? ''}, after ${details.numRuns} runs and ${details.numShrinks} shrinks`,
    `documents  ${show(documents)}`,
    `indexes    ${show(indexes)}`,
    ...operations.map((operation) => `operation  ${show(operation)}`),
    (await difference({ documents, indexes, operations })) ?? String(details.errorInstance),
  ].join('\n');
}

describe('any sequence of operations', () => {
  const limit = 120_000 + wanted * 10;

  it(
    'should do what MongoDB’s manual says, with indexes and without',
    async () => {
      const tally: Tally = { sent: 0, leftOut: 0 };
      const property = fc.asyncProperty(sequences, (sequence) => runSequence(target, sequence, tally));
      for (let round = 0; tally.sent < wanted; round++) {
        const seed = firstSeed + round;
        const started = Date.now();
        const details = await fc.check(property, {
          seed,
          numRuns: ROUND,
          interruptAfterTimeLimit: SHRINKING_MS,
          ...(path !== undefined && { path }),
        });
        if (details.failed && details.counterexample) throw new Error(await explain(details, details.counterexample));
        if (process.env['FUZZ_PROGRESS']) process.stderr.write(`${tally.sent} operations, seed ${seed}, ${Date.now() - started} ms\n`);
        if (path !== undefined) break;
      }
      expect(tally.leftOut).toBeLessThan(tally.sent / 10);
    },
    limit,
  );
});
