import { asDocument, RawDocument } from './document.js';

/** What a path starts from: a stored document, or a part of one (an array counts as a document named by its positions). */
export type Root = RawDocument | Record<string, unknown> | unknown[];

/** Called with each value a path reaches (undefined: missing) and the position in the outermost array gone through, or -1. True ends the walk. */
export type Visitor = (value: unknown, arrayIndex: number) => boolean;

const POSITION = /^(0|[1-9]\d*)$/;

const SPLIT = new Map<string, readonly string[]>();

/** The components of a dotted path; the same few paths are asked for again and again. */
export function partsOf(path: string): readonly string[] {
  let parts = SPLIT.get(path);
  if (!parts) {
    if (SPLIT.size >= 2_000) SPLIT.clear();
    SPLIT.set(path, (parts = path.split('.')));
  }
  return parts;
}

/** A path component as an array position; undefined when it is a name. */
export function positionOf(part: string | undefined): number | undefined {
  return part !== undefined && POSITION.test(part) ? Number(part) : undefined;
}

/** A field by name, or an array's element by position; undefined when there is none. */
export function child(value: unknown, name: string): unknown {
  if (value instanceof RawDocument) return value.get(name);
  if (Array.isArray(value)) return (value as unknown[])[positionOf(name) ?? -1];
  const fields = asDocument(value);
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** The value at a path that goes through arrays by position only. */
export function valueAt(root: unknown, parts: readonly string[]): unknown {
  return parts.reduce((value, name) => child(value, name), root);
}

/**
 * Walks a query path the way MongoDB's matcher does: through embedded documents, and at each array through its documents and, for a
 * numeric component, through that position. With `expand`, an array at the end gives its elements before itself.
 * True when the visitor ended the walk.
 */
export function visit(root: unknown, parts: readonly string[], expand: boolean, visitor: Visitor): boolean {
  let value: unknown = root;
  for (let i = 0; i < parts.length; i++) {
    if (i > 0 && Array.isArray(value)) return visitArray(value, parts.slice(i), expand, visitor);
    value = child(value, parts[i] ?? '');
    if (value === undefined) return visitor(undefined, -1);
  }
  if (expand && Array.isArray(value) && value.some((element, i) => visitor(element, i))) return true;
  return visitor(value, -1);
}

function visitArray(array: readonly unknown[], rest: readonly string[], expand: boolean, visitor: Visitor): boolean {
  const position = positionOf(rest[0]);
  return array.some((element, i) => {
    const isDocument = asDocument(element) !== undefined;
    if (isDocument && visit(element, rest, expand, (value) => visitor(value, i))) return true;
    if (i !== position) return false;
    // A position reached by its number is not expanded again: {'a.0': 1} does not match {a: [[1]]}.
    if (rest.length === 1) return visitor(element, -1);
    const below = rest.slice(1);
    if (isDocument) return visit(element, below, expand, visitor);
    return Array.isArray(element) && visitArray(element, below, expand, visitor);
  });
}
