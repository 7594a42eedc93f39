import { typeOf, type Document } from './document.js';
import { fail } from './errors.js';
import { compileFilter, type Filter } from './matcher.js';
import { partsOf, positionOf, valueAt } from './paths.js';

export type Path = readonly string[];

/** Whether a path holds `$`, `$[]` or `$[id]`. */
export const isPositional = (path: Path): boolean => path.some((part) => part.startsWith('$'));

/** The components of a path to write to. Raises 2, 52, 56 where there can be none. */
export function updatePath(path: string): Path {
  const parts = partsOf(path);
  if (!/[$._]|^$/.test(path)) return parts;
  if (parts.includes('')) fail(56, `The update path '${path}' contains an empty field name`);
  if (parts.includes('__proto__')) fail(238, `The field name __proto__ in '${path}' is not supported by the embedded database`);
  const dollar = parts.find((part) => /^\$(?!$|\[.*\]$)/s.test(part));
  if (dollar) fail(52, `The dollar ($) prefixed field '${dollar}' in '${path}' is not allowed for storage`);
  if (path.startsWith('$') || parts.indexOf('$') !== parts.lastIndexOf('$')) {
    fail(2, `'${path}': a positional element cannot stand first, and '$' only once`);
  }
  return parts;
}

/** Fields in lexicographic order, positions in numeric order: the order MongoDB applies them and creates new fields in. */
export function comparePaths(a: Path, b: Path): number {
  const i = a.findIndex((part, at) => part !== b[at]);
  const [x, y] = [a[i], b[i]];
  if (x === undefined || y === undefined) return a.length - b.length;
  const [m, n] = [positionOf(x), positionOf(y)];
  return m !== undefined && n !== undefined ? m - n : x < y ? -1 : 1;
}

/** Raises `code` when two paths are the same, one leads on from the other, or one goes on by elements where the other does by name. */
export function checkConflicts(paths: readonly Path[], code: 40 | 54): void {
  const seen = new Map<string, 'end' | 'elements' | 'field'>();
  for (const path of paths) {
    for (let length = 1; length <= path.length; length++) {
      const prefix = length === 1 ? (path[0] as string) : path.slice(0, length).join('.');
      const next = path[length];
      const kind = next === undefined ? 'end' : next.startsWith('$[') ? 'elements' : 'field';
      const known = seen.get(prefix);
      if (known && (kind === 'end' || kind !== known)) fail(code, `'${path.join('.')}' is in conflict at '${prefix}'`);
      seen.set(prefix, kind);
    }
  }
}

function fieldNames(filter: Document): string[] {
  return Object.entries(filter).flatMap(([name, operand]) =>
    ['$and', '$or', '$nor'].includes(name) ? (operand as Document[]).flatMap(fieldNames) : name.replace(/\..*/s, ''),
  );
}

/** Array filters by identifier. Each must be used by a path, and each identifier in a path have one. */
export function arrayFilters(filters: readonly Document[], paths: readonly Path[]): ReadonlyMap<string, Filter> {
  const byId = new Map<string, Filter>();
  if (filters.length === 0 && !paths.some(isPositional)) return byId;
  for (const spec of filters) {
    const filter = compileFilter(spec);
    const [id, other] = new Set(fieldNames(spec));
    if (id === undefined || other !== undefined || byId.has(id)) return fail(9, 'Each array filter needs a single field name of its own');
    if (!/^[a-z][A-Za-z0-9]*$/.test(id)) fail(2, `The array filter name '${id}' must be alphanumeric and begin with a lowercase letter`);
    byId.set(id, filter);
  }
  const used = new Set(paths.flat().flatMap((part) => /^\$\[(.+)\]$/s.exec(part)?.[1] ?? []));
  for (const id of used) if (!byId.has(id)) fail(2, `No array filter found for identifier '${id}'`);
  for (const id of byId.keys()) if (!used.has(id)) fail(9, `The array filter for identifier '${id}' was not used in the update`);
  return byId;
}

/** The concrete paths `$`, `$[]` and `$[id]` stand for in a document. */
export function concretePaths(
  path: Path,
  doc: Document,
  context: { arrayIndex?: number | undefined },
  filters: ReadonlyMap<string, Filter>,
): Path[] {
  if (!isPositional(path)) return [path];
  let found: Path[] = [[]];
  for (const part of path) {
    found = found.flatMap((before): Path[] => {
      if (!part.startsWith('$')) return [[...before, part]];
      if (part === '$') {
        const index = context.arrayIndex ?? fail(2, 'The positional operator did not find the match needed from the query.');
        return [[...before, String(index)]];
      }
      const array = valueAt(doc, before);
      if (!Array.isArray(array)) return fail(2, `Cannot apply array updates to '${before.join('.')}' of type ${typeOf(array)}`);
      const id = part.slice(2, -1);
      const filter = filters.get(id);
      return array.flatMap((element: unknown, i) => (!filter || filter.matches({ [id]: element }) ? [[...before, String(i)]] : []));
    });
  }
  return found;
}
