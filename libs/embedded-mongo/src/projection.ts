import type { Document } from './document.js';
import { asDocument, RawDocument } from './document.js';
import { fail } from './errors.js';
import type { Filter } from './matcher.js';
import { compileFilter } from './matcher.js';
import { isNumber, toDouble, toInteger } from './numbers.js';
import type { Scope } from './pipeline/expressions.js';
import { compileExpression } from './pipeline/expressions.js';

/** Document in, document out; the input stays as it is. */
export type Transform = (doc: Document) => Document;

/** What happens to the field at the end of a path. */
type Leaf =
  | { kind: 'include' | 'exclude' }
  | { kind: 'computed'; evaluate: (root: unknown) => unknown }
  /** A find operator that keeps part of an array; `selects`: the projection is one of inclusion. */
  | { kind: 'array'; selects: boolean; keep: (value: unknown, root: Document) => unknown };

type Tree = Map<string, Tree | Leaf>;

const isLeaf = (node: Tree | Leaf): node is Leaf => !(node instanceof Map);

function insert(tree: Tree, path: string, leaf: Leaf): void {
  const parts = path.split('.');
  if (parts.includes('')) fail(40353, 'FieldPath must not end with or contain an empty component.');
  if (parts.some((part) => part.startsWith('$')))
    fail(16410, "FieldPath field names may not start with '$'. Consider using $getField or $setField.");
  let node = tree;
  for (const [i, part] of parts.slice(0, -1).entries()) {
    const next = node.get(part) ?? (new Map() as Tree);
    if (isLeaf(next)) return fail(31249, `Path collision at ${path} remaining portion ${parts.slice(i + 1).join('.')}`);
    node.set(part, next);
    node = next;
  }
  const last = parts.at(-1) ?? '';
  if (node.has(last)) fail(31250, `Path collision at ${path}`);
  node.set(last, leaf);
}

function leaves(tree: Tree, prefix = ''): [string, Leaf][] {
  return [...tree].flatMap(([name, node]): [string, Leaf][] =>
    isLeaf(node) ? [[prefix + name, node]] : leaves(node, `${prefix}${name}.`),
  );
}

function mapped(node: Tree, value: unknown, root: Document, including: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => mapped(node, each, root, including)).filter((each) => each !== undefined);
  const fields = asDocument(value);
  if (!fields) return including ? undefined : value;
  const result: Document = {};
  for (const [name, field] of Object.entries(fields)) {
    const next = node.get(name);
    const kept = !next ? (including ? undefined : field) : isLeaf(next) ? keptBy(next, field, root) : mapped(next, field, root, including);
    if (kept !== undefined) result[name] = kept;
  }
  return result;
}

function keptBy(leaf: Leaf, value: unknown, root: Document): unknown {
  if (leaf.kind === 'array') return leaf.keep(value, root);
  return leaf.kind === 'include' ? value : undefined;
}

/** Sets the computed fields of a tree, in its order; in arrays, in every element. */
function computed(node: Tree, value: unknown, root: Document): unknown {
  if (Array.isArray(value)) return value.map((each) => computed(node, each, root));
  const result: Document = { ...asDocument(value) };
  for (const [name, next] of node) {
    if (isLeaf(next) && next.kind !== 'computed') continue;
    if (!isLeaf(next) && !hasComputed(next)) continue;
    const field =
      isLeaf(next) && next.kind === 'computed'
        ? next.evaluate(root)
        : computed(next, Object.hasOwn(result, name) ? result[name] : undefined, root);
    if (field === undefined) delete result[name];
    else result[name] = field;
  }
  return result;
}

const hasComputed = (node: Tree): boolean =>
  [...node.values()].some((next) => (isLeaf(next) ? next.kind === 'computed' : hasComputed(next)));

/** `$set` and `$addFields`. */
export function compileSet(spec: Document, scope: Scope): Transform {
  const tree: Tree = new Map();
  const add = (fields: Document, prefix: string): void => {
    for (const [name, value] of Object.entries(fields)) {
      const nested = asDocument(value);
      const names = Object.keys(nested ?? {});
      if (nested && names.length > 0 && !names.some((each) => each.startsWith('$'))) add(nested, `${prefix}${name}.`);
      else insert(tree, prefix + name, { kind: 'computed', evaluate: compileExpression(value, scope) });
    }
  };
  add(spec, '');
  return (doc) => computed(tree, doc, doc) as Document;
}

/** The find-only operators, given the query's own filter for the positional one. */
function findLeaf(name: string, value: unknown, filter: Filter | undefined): { path: string; leaf: Leaf } | undefined {
  const operand = asDocument(value);
  if (name.endsWith('.$')) {
    const keep = (array: unknown, root: Document): unknown => {
      if (!Array.isArray(array)) return array;
      const index = filter?.arrayIndex(root);
      return index === undefined || index >= array.length
        ? fail(51246, "positional operator '.$' couldn't find a matching element in the array")
        : [array[index]];
    };
    return { path: name.slice(0, -2), leaf: { kind: 'array', selects: true, keep } };
  }
  if (operand && '$elemMatch' in operand) {
    const matching = compileFilter({ v: operand });
    const keep = (array: unknown): unknown => {
      const index = Array.isArray(array) ? matching.arrayIndex({ v: array }) : undefined;
      return index === undefined ? undefined : [(array as unknown[])[index]];
    };
    return { path: name, leaf: { kind: 'array', selects: true, keep } };
  }
  const slice = operand?.['$slice'];
  const bounds = (Array.isArray(slice) ? slice : [slice]).map((each) => (isNumber(each) ? Number(toInteger(each)) : undefined));
  const [first, count] = bounds;
  if (slice === undefined || first === undefined || bounds.length > 2) return undefined;
  if (bounds.length === 2 && !(count !== undefined && count > 0)) fail(28724, 'Second argument to $slice must be a positive number');
  const keep = (array: unknown): unknown => {
    if (!Array.isArray(array)) return array;
    if (count === undefined) return first < 0 ? array.slice(first) : array.slice(0, first);
    const start = first < 0 ? Math.max(array.length + first, 0) : first;
    return array.slice(start, start + count);
  };
  return { path: name, leaf: { kind: 'array', selects: false, keep } };
}

/** `$project`, and with `find` the projection of a find, which has operators of its own. */
export function compileProject(spec: Document, scope: Scope, find?: { filter?: Filter | undefined }): Transform {
  const tree: Tree = new Map();
  const add = (fields: Document, prefix: string): void => {
    for (const [name, value] of Object.entries(fields)) {
      const path = prefix + name;
      const nested = asDocument(value);
      const special = find && findLeaf(path, value, find.filter);
      const flag = isNumber(value) ? toDouble(value) !== 0 : value;
      if (special) insert(tree, special.path, special.leaf);
      else if (typeof flag === 'boolean') insert(tree, path, { kind: flag ? 'include' : 'exclude' });
      else if (nested && Object.keys(nested).length === 0)
        fail(51270, `An empty sub-projection is not a valid value. Found empty object at path ${path}`);
      else if (nested && !Object.keys(nested)[0]?.startsWith('$')) add(nested, `${path}.`);
      else insert(tree, path, { kind: 'computed', evaluate: compileExpression(value, scope) });
    }
  };
  if (Object.keys(spec).length === 0) fail(51272, 'Invalid $project :: caused by :: projection specification must have at least one field');
  add(spec, '');
  const all = leaves(tree);
  const others = all.filter(([path]) => path !== '_id');
  const selecting = ([, leaf]: [string, Leaf]): boolean =>
    leaf.kind === 'include' || leaf.kind === 'computed' || (leaf.kind === 'array' && leaf.selects);
  const excluding = others.find(([, leaf]) => leaf.kind === 'exclude');
  const including = others.find(selecting) ?? (others.length === 0 && all.some(selecting) ? all[0] : undefined);
  if (including && excluding) {
    const [, leaf] = others.find((each) => selecting(each) || each[1].kind === 'exclude') ?? including;
    if (leaf.kind === 'exclude') fail(31253, `Cannot do inclusion on field ${including[0]} in exclusion projection`);
    fail(31254, `Cannot do exclusion on field ${excluding[0]} in inclusion projection`);
  }
  if (including && !tree.has('_id')) tree.set('_id', { kind: 'include' });
  const kept = (doc: Document): unknown => mapped(tree, doc, doc, including !== undefined);
  if (!including && tree.get('_id') && (tree.get('_id') as Leaf).kind === 'include') tree.delete('_id');
  return hasComputed(tree) ? (doc) => computed(tree, kept(doc), doc) as Document : (doc) => kept(doc) as Document;
}

const isPlainFlag = ([name, value]: [string, unknown]): boolean => !name.includes('.') && (isNumber(value) || typeof value === 'boolean');

/** The projection of a find; undefined when it asks for whole documents. Plain fields are cut out of the bytes without decoding them. */
export function compileProjection(
  spec: Document | undefined,
  filter?: Filter,
  scope: Scope = {},
): ((doc: RawDocument) => RawDocument) | undefined {
  const entries = Object.entries(spec ?? {});
  if (!spec || entries.length === 0) return undefined;
  const transform = compileProject(spec, scope, { filter });
  if (!entries.every(isPlainFlag)) return (doc) => RawDocument.fromTyped(transform(doc.typed));
  const isOn = (value: unknown): boolean => (isNumber(value) ? toDouble(value) !== 0 : value === true);
  const flags = new Map(entries.map(([name, value]) => [name, isOn(value)]));
  const including = entries.some(([name, value]) => isOn(value) && (name !== '_id' || entries.length === 1));
  return (doc) => doc.pick((name) => flags.get(name) ?? (name === '_id' || !including));
}
