import type { Sequence } from './operation.fixture-spec.js';

/** Takes away what a failure does not need, one entry at a time; fast-check leaves some at the ends of lists. */
export async function minimise(sequence: Sequence, fails: (sequence: Sequence) => Promise<boolean>): Promise<Sequence> {
  let least = sequence;
  for (const part of ['operations', 'documents', 'indexes'] as const) {
    for (let i = least[part].length - 1; i >= 0; i--) {
      const smaller = { ...least, [part]: least[part].toSpliced(i, 1) };
      if (await fails(smaller)) least = smaller;
    }
  }
  return least;
}
