import { asDocument, typeOf, type Document } from './document.js';
import { fail } from './errors.js';
import { child, positionOf } from './paths.js';
import type { Change } from './update-operators.js';
import type { Path } from './update-paths.js';

/** What an update does at one path. */
export interface Write {
  path: Path;
  operator: string;
  change: Change;
  /** Whether there is something to do: the source of a `$rename`. */
  applies?: (doc: Document) => boolean;
}

const MAX_BACKFILL = 1_500_000;

/** Operators that only take away: a missing field is not created for them. */
const ONLY_REMOVE = new Set(['$unset', '$pop', '$pull', '$pullAll', '$rename']);

/** A document with all writes done, in their order. What they touch is copied once, the rest shared with `doc`, which stays as it is. */
export function writeAll(doc: Document, writes: readonly Write[]): Document {
  const copies = new Set<unknown>();

  function change(container: unknown, write: Write, at: number): unknown {
    const { path, operator } = write;
    const name = path[at] ?? '';
    const index = Array.isArray(container) ? positionOf(name) : undefined;
    const old = child(container, name);
    if (old === undefined && operator === '$unset') return container;
    if (index === undefined && !asDocument(container)) {
      fail(28, `Cannot create field '${name}' in '${path.slice(0, at).join('.')}' of type ${typeOf(container)}`);
    }
    if (old === undefined && ONLY_REMOVE.has(operator)) return container;
    const value = at === path.length - 1 ? write.change(old, doc) : change(old === undefined ? {} : old, write, at + 1);
    if (value === old) return container;
    const copy = copies.has(container)
      ? container
      : Array.isArray(container)
        ? [...(container as unknown[])]
        : { ...asDocument(container) };
    copies.add(copy);
    if (index === undefined) setField(copy as Document, name, value);
    else setElement(copy as unknown[], index, value);
    return copy;
  }

  return writes.reduce((result, write) => change(result, write, 0) as Document, doc);
}

function setField(fields: Document, name: string, value: unknown): void {
  if (value === undefined) delete fields[name];
  else fields[name] = value;
}

function setElement(array: unknown[], index: number, value: unknown): void {
  if (index > array.length + MAX_BACKFILL) fail(34, `can't backfill more than ${MAX_BACKFILL} elements`);
  while (array.length < index) array.push(null);
  array[index] = value === undefined ? null : value;
}
