import { asDocument, RawDocument, type Document } from './document.js';
import { fail } from './errors.js';
import { compileFilter, type Filter } from './matcher.js';
import { isNumber, toDouble, toInteger } from './numbers.js';
import { sliced } from './pipeline/arrays.js';
import { isTrue } from './pipeline/conversions.js';
import { compileExpression, fieldPath, isExpression, type Scope } from './pipeline/expressions.js';

/** Document in, document out; the input stays as it is. */
export type Transform = (doc: Document) => Document;

/** What happens to the field at the end of a path. */
interface Leaf {
  path: string;
  /** The field is named to be kept as it is, or to be left out. */
  flag?: boolean;
  /** What stays of an existing field. */
  keep?: (value: unknown, root: Document) => unknown;
  /** A new value, set after the rest. */
  compute?: (root: unknown) => unknown;
  /** Whether it makes the projection one of inclusion (true) or of exclusion (false). */
  selects?: boolean;
  kind?: '$' | '$elemMatch' | 'literal';
}

type Tree = Map<string, Tree | Leaf>;

function checkPath(path: string, others: readonly Leaf[]): void {
  fieldPath(path);
  if (others.some((other) => path.startsWith(`${other.path}.`))) fail(31249, `Path collision at ${path}`);
  if (others.some((other) => other.path === path || other.path.startsWith(`${path}.`))) fail(31250, `Path collision at ${path}`);
}

/** The leaves of a specification whose embedded documents are either paths or, by their `$` name, expressions. */
function leavesOf(spec: Document, leafOf: (path: string, value: unknown) => Leaf, prefix = ''): Leaf[] {
  const leaves = Object.entries(spec).flatMap(([name, value]) => {
    const first = Object.keys(asDocument(value) ?? {})[0];
    const isBranch = first !== undefined && !first.startsWith('$');
    return isBranch ? leavesOf(value as Document, leafOf, `${prefix}${name}.`) : [leafOf(prefix + name, value)];
  });
  for (const [i, { path }] of leaves.entries()) checkPath(path, leaves.slice(0, i));
  return leaves;
}

function treeOf(leaves: readonly Leaf[]): Tree {
  const tree: Tree = new Map();
  for (const leaf of leaves) {
    const parts = leaf.path.split('.');
    const parent = parts.slice(0, -1).reduce((node, part) => {
      const next = (node.get(part) ?? new Map()) as Tree;
      node.set(part, next);
      return next;
    }, tree);
    parent.set(parts.at(-1) ?? '', leaf);
  }
  return tree;
}

function kept(node: Tree, value: unknown, root: Document, including: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => kept(node, each, root, including)).filter((each) => each !== undefined);
  const fields = asDocument(value);
  if (!fields) return including ? undefined : value;
  const result: Document = {};
  for (const [name, field] of Object.entries(fields)) {
    const next = node.get(name);
    let own = including ? undefined : field;
    if (next) own = next instanceof Map ? kept(next, field, root, including) : next.flag ? field : next.keep?.(field, root);
    if (own !== undefined) result[name] = own;
  }
  return result;
}

/** Sets the computed fields of a tree, in its order; in arrays, in every element. */
function computed(node: Tree, value: unknown, root: Document): unknown {
  if (Array.isArray(value)) return value.map((each) => computed(node, each, root));
  const result: Document = { ...asDocument(value) };
  for (const [name, next] of node) {
    const old = Object.hasOwn(result, name) ? result[name] : undefined;
    const own = next instanceof Map ? computed(next, old, root) : next.compute?.(root);
    if (own === undefined) delete result[name];
    else result[name] = own;
  }
  return result;
}

function setting(leaves: readonly Leaf[]): (doc: unknown, root: Document) => Document {
  const tree = treeOf(leaves.filter((leaf) => leaf.compute));
  return (doc, root) => (tree.size > 0 ? computed(tree, doc, root) : doc) as Document;
}

/** `$set` and `$addFields`. */
export function compileSet(spec: Document, scope: Scope): Transform {
  const set = setting(leavesOf(spec, (path, value) => ({ path, compute: compileExpression(value, scope) })));
  return (doc) => set(doc, doc);
}

/** The operators a find's projection has of its own; the positional one takes the place its filter matched at. */
function findLeaf(path: string, value: unknown, filter: Filter | undefined): Leaf | undefined {
  const operand = asDocument(value) ?? {};
  const elementAt = (array: unknown[], index = array.length): unknown[] | undefined => (index < array.length ? [array[index]] : undefined);
  if (path.endsWith('.$')) {
    const code = asDocument(value) ? 31271 : isNumber(value) || typeof value === 'boolean' ? 31395 : 31308;
    if (code !== 31395 || !isTrue(value)) fail(code, `Invalid value of the positional projection ${path}`);
    const found = (array: unknown[], root: Document): unknown[] =>
      elementAt(array, filter?.arrayIndex(root)) ?? fail(51246, "positional operator '.$' couldn't find a matching element in the array");
    const keep = (array: unknown, root: Document): unknown => (Array.isArray(array) ? found(array, root) : array);
    return { path: path.slice(0, -2), keep, selects: true, kind: '$' };
  }
  if (path.includes('.$.')) fail(31394, `As of 4.4, it's illegal to specify positional operator in the middle of a path: ${path}`);
  if ('$elemMatch' in operand) {
    if (!asDocument(operand['$elemMatch'])) fail(31274, 'elemMatch: Invalid argument, object required');
    if (path.includes('.')) fail(31275, `Cannot use $elemMatch projection on a nested field: ${path}`);
    const matching = compileFilter({ v: operand });
    const compute = (root: unknown): unknown => {
      const array = (root as Document)[path];
      return Array.isArray(array) ? elementAt(array, matching.arrayIndex({ v: array })) : undefined;
    };
    return { path, compute, selects: true, kind: '$elemMatch' };
  }
  const bounds = [operand['$slice']].flat().map((each) => (isNumber(each) ? Number(toInteger(each)) : undefined));
  const [first, count] = bounds;
  // With an array as the first argument it is the expression of the same name.
  if (first === undefined || bounds.length > 2) return undefined;
  if (bounds.length === 2 && !(count !== undefined && count > 0)) fail(28724, 'Second argument to $slice must be a positive number');
  return { path, keep: (array) => (Array.isArray(array) ? sliced(array, first, count) : array) };
}

/** Whether only what is named is kept. Raises 31253 and 31254 where a specification names fields of both kinds. */
function isInclusion(leaves: readonly Leaf[]): boolean {
  const all = leaves.filter(({ selects }) => selects !== undefined);
  const deciding = all.some(({ path }) => path !== '_id') ? all.filter(({ path }) => path !== '_id') : all;
  const including = deciding[0]?.selects ?? false;
  const other = deciding.find(({ selects }) => selects !== including);
  if (other && including) fail(31254, `Cannot do exclusion on field ${other.path} in inclusion projection`);
  if (other)
    fail(
      other.kind === 'literal' ? 31310 : other.compute ? 31252 : 31253,
      `Cannot do inclusion on field ${other.path} in exclusion projection`,
    );
  return including;
}

type Projection = ReturnType<typeof parse>;

function parse(spec: Document, scope: Scope, find?: { filter: Filter | undefined }): { leaves: Leaf[]; including: boolean } {
  if (Object.keys(spec).length === 0) fail(51272, 'Invalid $project: the specification must have at least one field');
  const leaves = leavesOf(spec, (path, value) => {
    const special = find && findLeaf(path, value, find.filter);
    if (special) return special;
    const flag = isNumber(value) ? toDouble(value) !== 0 : value;
    if (typeof flag === 'boolean') return { path, flag, selects: flag };
    const [operator] = Object.keys(asDocument(value) ?? { $literal: value });
    if (operator === undefined) return fail(51270, `An empty sub-projection is not a valid value: ${path}`);
    if (!isExpression(operator)) fail(31325, `Invalid $project :: caused by :: Unknown expression ${operator}`);
    return { path, selects: true, compute: compileExpression(value, scope), ...(asDocument(value) ? {} : { kind: 'literal' }) };
  });
  const kinds = leaves.flatMap(({ kind = [] }) => kind);
  if (kinds.indexOf('$') !== kinds.lastIndexOf('$')) fail(31276, 'Cannot specify more than one positional projection per query.');
  if (kinds.includes('$') && kinds.includes('$elemMatch')) fail(31255, 'Cannot specify positional operator and $elemMatch.');
  const including = isInclusion(leaves);
  if (including && !leaves.some(({ path }) => path === '_id' || path.startsWith('_id.'))) leaves.push({ path: '_id', flag: true });
  return { leaves, including };
}

function transformOf({ leaves, including }: Projection): Transform {
  const tree = treeOf(leaves);
  const set = setting(leaves);
  return (doc) => set(kept(tree, doc, doc, including), doc);
}

/** `$project`. */
export const compileProject = (spec: Document, scope: Scope): Transform => transformOf(parse(spec, scope));

/** The projection of a find; undefined when it asks for whole documents. Plain fields are cut out of the bytes without decoding them. */
export function compileProjection(
  spec: Document = {},
  filter?: Filter,
  scope: Scope = {},
): ((doc: RawDocument) => RawDocument) | undefined {
  if (Object.keys(spec).length === 0) return undefined;
  const projection = parse(spec, scope, { filter });
  const transform = transformOf(projection);
  if (projection.leaves.some(({ path, flag }) => flag === undefined || path.includes('.')))
    return (doc) => RawDocument.fromTyped(transform(doc.typed));
  const flags = new Map(projection.leaves.map(({ path, flag }) => [path, flag]));
  return (doc) => doc.pick((name) => flags.get(name) ?? !projection.including);
}
