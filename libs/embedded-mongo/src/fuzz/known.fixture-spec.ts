import { isEmbedded } from '../server.fixture-spec.js';
import type { Operation } from './operation.fixture-spec.js';
import { distinctValues } from './oracle-filter.fixture-spec.js';
import type { Oracle } from './oracle.fixture-spec.js';

/** A difference from MongoDB that is known and open. */
interface Known {
  what: string;
  /** Whether the operation would meet it. */
  meets(operation: Operation, oracle: Oracle): boolean;
}

/** KNOWN: each of these hides a defect of the embedded database. Take an entry out as soon as its defect is mended. */
const KNOWN: readonly Known[] = [
  {
    what: 'distinct takes the elements of an array within an array, MongoDB the inner array itself',
    meets: (operation, { documents }) =>
      operation.kind === 'distinct' &&
      documents.flatMap((doc) => distinctValues(doc, operation.path)).some((value) => Array.isArray(value)),
  },
  {
    what: 'a sparse index on a path through an array leaves out a document that has null in one element and nothing in another',
    meets: (operation) =>
      operation.kind === 'createIndex' &&
      operation.index.sparse === true &&
      Object.keys(operation.index.key).some((path) => path.includes('.')),
  },
];

/** With FUZZ_KNOWN=0, and on a MongoDB, nothing is left out. */
const guarded = isEmbedded && process.env['FUZZ_KNOWN'] !== '0';

/** Whether the operation is left out because of a known defect. */
export const isKnown = (operation: Operation, oracle: Oracle): boolean => guarded && KNOWN.some((known) => known.meets(operation, oracle));
