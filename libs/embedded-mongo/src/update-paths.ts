import type { Document } from './document.js';
import { asDocument, typeOf } from './document.js';
import { fail } from './errors.js';
import type { Filter } from './matcher.js';
import { compileFilter } from './matcher.js';
import { child, positionOf } from './paths.js';
import type { Change } from './update-operators.js';
import { REMOVED } from './update-operators.js';

const MAX_BACKFILL = 1_500_000;

export interface ApplyContext {
  /** What the positional `$` stands for. */
  arrayIndex?: number | undefined;
  /** An upsert that inserts: the document is the seed. */
  isInsert: boolean;
}

export interface UpdateOptions {
  arrayFilters?: Document[] | undefined;
  now: Date;
  variables?: Document;
}

/** Operators that only take away: for them a missing parent is not created, and one in the way is no error. */
const PASSIVE = new Set(['$unset', '$pop', '$pull', '$pullAll']);

interface Step {
  path: string;
  parts: readonly string[];
  change: Change;
  onlyOnInsert: boolean;
  passive: boolean;
  /** Where a `$rename` takes its value from. */
  from?: readonly string[];
}

/** Fields in lexicographic order, positions in numeric order: the order MongoDB applies them and creates new fields in. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i] ?? '', b[i] ?? ''];
    if (x === y) continue;
    const [m, n] = [positionOf(x), positionOf(y)];
    return m !== undefined && n !== undefined ? m - n : x < y ? -1 : 1;
  }
  return a.length - b.length;
}

function splitPath(path: string): string[] {
  const parts = path.split('.');
  if (parts.includes(''))
    fail(
      56,
      path === '' ? 'An empty update path is not valid.' : `The update path '${path}' contains an empty field name, which is not allowed.`,
    );
  const dollar = parts.find((part) => part.startsWith('$') && part !== '$' && !/^\$\[.*\]$/.test(part));
  if (dollar) fail(52, `The dollar ($) prefixed field '${dollar}' in '${path}' is not allowed for storage.`);
  if (parts[0]?.startsWith('$')) fail(2, `Cannot have positional (i.e. '$') element in the first position in path '${path}'`);
  if (parts.filter((part) => part === '$').length > 1) fail(2, `Too many positional (i.e. '$') elements found in path '${path}'`);
  return parts;
}

function checkConflicts(paths: readonly (readonly string[])[]): void {
  const sorted = [...paths].sort(comparePaths);
  sorted.slice(1).forEach((path, i) => {
    const before = sorted[i] ?? [];
    if (before.every((part, n) => part === path[n])) {
      fail(40, `Updating the path '${path.join('.')}' would create a conflict at '${before.join('.')}'`);
    }
  });
}

function parseFilters(filters: readonly Document[]): Map<string, Filter> {
  const parsed = new Map<string, Filter>();
  for (const filter of filters) {
    const names = new Set<string>();
    const gather = (spec: Document): void => {
      for (const [name, operand] of Object.entries(spec)) {
        if (['$and', '$or', '$nor'].includes(name)) (operand as Document[]).forEach(gather);
        else names.add(name.split('.')[0] ?? '');
      }
    };
    gather(filter);
    const [id, other] = names;
    if (id === undefined) return fail(9, 'Cannot use an expression without a top-level field name in arrayFilters');
    if (other !== undefined)
      fail(9, `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${id}' and '${other}'`);
    if (!/^[a-z][A-Za-z0-9]*$/.test(id)) {
      fail(
        2,
        `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${id}'`,
      );
    }
    if (parsed.has(id)) fail(9, `Found multiple array filters with the same top-level field name ${id}`);
    parsed.set(id, compileFilter(filter));
  }
  return parsed;
}

/** The paths of one update with what to do at each: kept free of conflicts, applied in MongoDB's order. */
export class UpdatePaths {
  private readonly steps: Step[] = [];
  private readonly filters: Map<string, Filter>;
  private readonly sources: string[][] = [];

  constructor(options: UpdateOptions) {
    this.filters = parseFilters(options.arrayFilters ?? []);
  }

  add(path: string, change: Change, operator: string): void {
    this.insert({ path, parts: splitPath(path), change, onlyOnInsert: operator === '$setOnInsert', passive: PASSIVE.has(operator) });
  }

  rename(from: string, to: string): void {
    const [source, target] = [splitPath(from), splitPath(to)];
    if (from === to) fail(2, `The source and target field for $rename must differ: ${from}: "${to}"`);
    if (source.some((part) => part.startsWith('$'))) fail(2, `The source field for $rename may not be dynamic: ${from}`);
    if (target.some((part) => part.startsWith('$'))) fail(2, `The destination field for $rename may not be dynamic: ${to}`);
    this.sources.push(source);
    this.insert({ path: to, parts: target, change: () => REMOVED, onlyOnInsert: false, passive: false, from: source });
  }

  /** Every array filter must be used by some path. */
  checkFilters(update: Document): void {
    for (const id of this.filters.keys()) {
      if (!this.steps.some((step) => step.parts.includes(`$[${id}]`))) {
        fail(9, `The array filter for identifier '${id}' was not used in the update ${JSON.stringify(update)}`);
      }
    }
  }

  apply(doc: Document, context: ApplyContext): Document {
    const steps = this.steps.filter((step) => context.isInsert || !step.onlyOnInsert);
    const resolved = steps.flatMap((step) => this.resolve(step, doc, context).map((parts) => ({ step, parts })));
    if (this.steps.some((step) => step.parts.some((part) => part.startsWith('$')))) checkConflicts(resolved.map(({ parts }) => parts));
    let result = doc;
    for (const { step, parts } of resolved) {
      const value = step.from ? this.source(doc, step.from) : undefined;
      if (step.from && value === undefined) continue;
      if (step.from) this.refuseArrays(doc, parts, 'destination');
      const change = step.from ? (): unknown => value : step.change;
      result = write(result, parts, 0, { ...step, change }, doc['_id']) as Document;
      if (step.from) result = write(result, step.from, 0, { ...step, passive: true, change: () => REMOVED }, doc['_id']) as Document;
    }
    return result;
  }

  private insert(step: Step): void {
    checkConflicts([...this.steps.map((each) => each.parts), ...this.sources, step.parts]);
    for (const part of step.parts) {
      const id = /^\$\[(.+)\]$/.exec(part)?.[1];
      if (id !== undefined && !this.filters.has(id)) fail(2, `No array filter found for identifier '${id}' in path '${step.path}'`);
    }
    this.steps.push(step);
    this.steps.sort((a, b) => comparePaths(a.parts, b.parts));
  }

  private source(doc: Document, from: readonly string[]): unknown {
    this.refuseArrays(doc, from, 'source');
    return from.reduce<unknown>((value, part) => child(value, part), doc);
  }

  private refuseArrays(doc: Document, parts: readonly string[], side: string): void {
    parts.slice(0, -1).reduce<unknown>((value, part) => {
      const next = child(value, part);
      if (Array.isArray(next))
        fail(2, `The ${side} field cannot be an array element, '${parts.join('.')}' in doc has an array field called '${part}'`);
      return next;
    }, doc);
  }

  /** The concrete paths `$`, `$[]` and `$[id]` stand for in a document. */
  private resolve(step: Step, doc: Document, context: ApplyContext): string[][] {
    let found: [parts: string[], value: unknown][] = [[[], doc]];
    for (const part of step.parts) {
      found = found.flatMap(([parts, value]): [string[], unknown][] => {
        const to = (name: string): [string[], unknown] => [[...parts, name], child(value, name)];
        if (part === '$') {
          return [to(String(context.arrayIndex ?? fail(2, 'The positional operator did not find the match needed from the query.')))];
        }
        if (!part.startsWith('$[')) return [to(part)];
        const path = parts.join('.');
        if (value === undefined) return fail(2, `The path '${path}' must exist in the document in order to apply array updates.`);
        if (!Array.isArray(value)) return fail(2, `Cannot apply array updates to non-array element ${path}: ${typeOf(value)}`);
        const id = part.slice(2, -1);
        const filter = this.filters.get(id);
        return value.flatMap((element: unknown, i) => (filter && !filter.matches({ [id]: element }) ? [] : [to(String(i))]));
      });
    }
    return found.map(([parts]) => parts);
  }
}

/** A copy of `container` with the value at a path changed; everything beside the path is shared. */
function write(container: unknown, parts: readonly string[], at: number, step: Step, id: unknown): unknown {
  const name = parts[at] ?? '';
  const array = Array.isArray(container) ? (container as unknown[]) : undefined;
  const index = array ? positionOf(name) : undefined;
  const old = child(container, name);
  if (step.passive && old === undefined) return container;
  if (array ? index === undefined : asDocument(container) === undefined) {
    fail(28, `Cannot create field '${name}' in element {${parts[at - 1] ?? ''}: ${typeOf(container)}}`);
  }
  const isLast = at === parts.length - 1;
  const value = isLast ? step.change(old, { path: step.path, name, id }) : write(old === undefined ? {} : old, parts, at + 1, step, id);
  if (value === old) return container;
  if (array && index !== undefined) {
    if (index > array.length + MAX_BACKFILL) fail(2, `can't backfill array to larger than ${MAX_BACKFILL} elements`);
    const copy = [...array];
    while (copy.length < index) copy.push(null);
    copy[index] = value === REMOVED ? null : value;
    return copy;
  }
  const fields = { ...asDocument(container) };
  if (value === REMOVED) delete fields[name];
  else fields[name] = value;
  return fields;
}
