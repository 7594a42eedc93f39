import type { KeyRange } from './bounds.js';
import type { Collection } from './collection.js';
import { RawDocument } from './document.js';
import { fail } from './errors.js';
import type { Filter } from './matcher.js';
import type { IndexPlan, Plan } from './planner.js';
import type { Turns } from './turns.js';

export interface Row {
  id: Buffer;
  doc: RawDocument;
}

const FIRST_PAGE = 16;
const LARGEST_PAGE = 256;
const RECORD_ID_BYTES = 6;

/**
 * Walks a plan page by page. Nothing stays open between two reads: each page seeks anew from the last key, so that a scan
 * sees what was committed meanwhile and an idle cursor holds no snapshot.
 */
export class Scan {
  isDone = false;
  keysExamined = 0;
  docsExamined = 0;
  private branch = 0;
  private range = 0;
  private last: Buffer | undefined;
  private page = FIRST_PAGE;
  /** Record ids already met; only where a document can stand under several keys. */
  private readonly seen: Set<number> | undefined;

  constructor(
    private readonly collection: Collection,
    private readonly plan: Exclude<Plan, { stage: 'EOF' }>,
    private readonly filter: Filter | undefined,
  ) {
    const isRepeating = plan.stage === 'OR' || (plan.stage === 'IXSCAN' && (plan.index.multikey.size > 0 || plan.index.record.truncated));
    if (isRepeating) this.seen = new Set();
  }

  /** Adds up to `max` rows; stops earlier at the end of the plan or when the turn is over, but always gets on by a page. */
  read(rows: Row[], max: number, turns: Turns): void {
    const target = rows.length + max;
    do {
      if (this.collection.dropped) fail(175, `collection dropped: ${this.collection.ns}`);
      if (this.plan.stage === 'IXSCAN') this.readIndex(this.plan, rows, target);
      else if (this.plan.stage === 'OR') this.readBranches(this.plan.branches, rows, target);
      else this.readDocuments(this.plan.direction, rows, target);
      this.page = Math.min(this.page * 2, LARGEST_PAGE);
    } while (rows.length < target && !this.isDone && !turns.isOver());
  }

  private readDocuments(direction: 1 | -1, rows: Row[], target: number): void {
    const size = this.pageSize(target - rows.length);
    let count = 0;
    const bounds = rangeOptions({ start: Buffer.alloc(1), end: undefined }, direction, this.last);
    for (const { key, value } of this.collection.tree.getRange({ ...bounds, limit: size })) {
      count++;
      this.last = key;
      this.docsExamined++;
      const doc = new RawDocument(value);
      if (!this.filter || this.filter.matches(doc)) rows.push({ id: key, doc });
      if (rows.length === target) return;
    }
    this.isDone = count < size;
  }

  private readBranches(branches: IndexPlan[], rows: Row[], target: number): void {
    const plan = branches[this.branch];
    if (plan) this.readIndex(plan, rows, target);
    if (plan && !this.isDone) return;
    this.branch++;
    this.range = 0;
    this.isDone = this.branch >= branches.length;
  }

  private readIndex({ index, ranges, direction, exact }: IndexPlan, rows: Row[], target: number): void {
    if (index.dropped) fail(175, `index '${index.name}' dropped`);
    const range = ranges[direction > 0 ? this.range : ranges.length - 1 - this.range];
    if (!range) {
      this.isDone = true;
      return;
    }
    if (exact) {
      const id = index.tree.get(range.start);
      if (id) {
        this.keysExamined++;
        this.visit(id, rows);
      }
      this.nextRange(ranges);
      return;
    }
    const size = this.pageSize(target - rows.length);
    const options = { ...rangeOptions(range, direction, this.last), limit: size };
    let count = 0;
    const entries = index.unique ? index.tree.getRange(options) : index.tree.getKeys(options);
    for (const entry of entries) {
      count++;
      const key = 'key' in entry ? entry.key : entry;
      this.last = key;
      this.keysExamined++;
      this.visit('key' in entry ? entry.value : key.subarray(key.length - RECORD_ID_BYTES), rows);
      if (rows.length === target) return;
    }
    if (count < size) this.nextRange(ranges);
  }

  private nextRange(ranges: KeyRange[]): void {
    this.last = undefined;
    this.range++;
    this.isDone = this.range >= ranges.length;
  }

  private visit(id: Buffer, rows: Row[]): void {
    if (this.seen) {
      const number = id.readUIntBE(0, RECORD_ID_BYTES);
      if (this.seen.has(number)) return;
      this.seen.add(number);
    }
    const doc = this.collection.get(id);
    if (!doc) return;
    this.docsExamined++;
    if (!this.filter || this.filter.matches(doc)) rows.push({ id, doc });
  }

  private pageSize(wanted: number): number {
    return this.filter ? this.page : Math.min(this.page, Math.max(wanted, 1));
  }
}

function rangeOptions({ start, end }: KeyRange, direction: 1 | -1, last: Buffer | undefined): object {
  if (direction > 0) return { start: last ?? start, exclusiveStart: last !== undefined, ...(end && { end }) };
  const from = last ?? end;
  return { ...(from && { start: from, exclusiveStart: true }), end: start, inclusiveEnd: true, reverse: true };
}
