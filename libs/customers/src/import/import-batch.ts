import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import type { TaskContext } from '@app/tasks';
import type { ErasedEmailRepository } from '../erased-email.repository.js';
import type { RowContent } from './csv-row.js';
import { isAtOrAfter, type ImportCustomerRepository, type ImportWrite, type StoredCustomer } from './import-customer.repository.js';
import { applyRows, hasWrites, type DuplicatePolicy, type Outcome } from './import-plan.js';

/** The rows of one e-mail in a batch, in the order of the file. */
export interface EmailRows {
  email: string;
  rows: RowContent[];
}

/**
 * What a run decided about a batch before it wrote: per e-mail the customer's id, its version then (0: to be created)
 * and the outcomes of its rows. Holds no personal data; the batch's rows are read again from the file.
 */
interface BatchPlan {
  /** Tells a plan of this run from one that an earlier run stored. */
  run: string;
  ids: string[];
  versions: number[];
  outcomes: string[];
}

/** One e-mail of the batch on its way to what the file says. */
interface Step extends EmailRows {
  planned: { id: string; version: number; outcomes: Outcome[] };
}

/** What is known about a step's customer now, and what follows. */
interface Settlement {
  outcomes: Outcome[];
  write?: ImportWrite;
}

/** A batch that still meets other writers after so many rounds is tried again later as a whole. */
const MAX_ROUNDS = 20;

/**
 * Writes one batch of an import so that a repeat after a crash at any point ends with the same customers and outcomes: the
 * decision is stored before anything is written, every write leaves the batch's mark, and a write that does not find
 * the customer as decided is decided anew from what is stored by then.
 */
export class ImportBatch {
  /** Rows whose customers have been written so far, by earlier runs too. */
  rowsWritten = 0;
  private readonly mark: { jobId: string; batch: number };

  constructor(
    private readonly customers: ImportCustomerRepository,
    private readonly erasedEmails: ErasedEmailRepository,
    private readonly context: TaskContext,
    private readonly policy: DuplicatePolicy,
    private readonly batch: number,
  ) {
    this.mark = { jobId: context.jobId, batch };
  }

  /** Gives the outcomes of each e-mail's rows, in the order of `groups`. */
  async write(groups: readonly EmailRows[]): Promise<Outcome[][]> {
    let current = await this.customers.findByEmails(groups.map(({ email }) => email));
    const { plan, isOwn } = await this.decide(groups, current);
    const steps = groups.map((group, at): Step => ({ ...group, planned: plannedAt(plan, at) }));
    const settled = new Map<Step, Outcome[]>();

    let open = steps;
    for (let round = 0; open.length > 0; round++) {
      this.context.throwIfStopped();
      if (round === MAX_ROUNDS) throw new Error('Others keep changing the customers of this batch');
      if (round > 0) current = await this.customers.findByEmails(open.map(({ email }) => email));
      const erasures = isOwn && round === 0 ? new Map<string, boolean>() : await this.erasuresOf(open, current);
      const erased = await this.erasedEmails.among(absentFrom(current, open), this.context.requestedAt);
      const writes = new Map<ImportWrite, Step>();
      for (const step of open) {
        const stored = current.get(step.email);
        const isErased = erased.has(step.email) || erasures.get(step.planned.id);
        const { outcomes, write } = this.settle(step, stored, isErased);
        settled.set(step, outcomes);
        if (write) writes.set(write, step);
        else if (this.hasWritten(stored)) this.rowsWritten += step.rows.length;
      }
      open = await this.store(writes);
    }
    return steps.map((step) => settled.get(step) ?? step.planned.outcomes);
  }

  /** Gives the steps whose customers others changed meanwhile. */
  private async store(writes: ReadonlyMap<ImportWrite, Step>): Promise<Step[]> {
    const open: Step[] = [];
    for await (const slice of this.customers.write([...writes.keys()], this.mark)) {
      for (const write of slice.stored) this.rowsWritten += writes.get(write)?.rows.length ?? 0;
      open.push(...slice.open.flatMap((write) => writes.get(write) ?? []));
      this.context.throwIfStopped();
    }
    return open;
  }

  /** Decides and stores the decision; an earlier run's, when there is one, counts. */
  private async decide(groups: readonly EmailRows[], current: Map<string, StoredCustomer>): Promise<{ plan: BatchPlan; isOwn: boolean }> {
    const own: BatchPlan = { run: randomUUID(), ids: [], versions: [], outcomes: [] };
    for (const { email, rows } of groups) {
      const stored = current.get(email);
      own.ids.push(stored?.id ?? new Types.ObjectId().toHexString());
      own.versions.push(stored?.version ?? 0);
      own.outcomes.push(applyRows(stored?.content ?? null, rows, this.policy).outcomes.join(''));
    }
    const plan = await this.context.savePlan(this.batch, own, own.ids);
    return { plan, isOwn: plan.run === own.run };
  }

  /** Of the customers that were planned but are not found by their e-mail: which exist, and whether they were erased. */
  private async erasuresOf(steps: readonly Step[], current: Map<string, StoredCustomer>): Promise<Map<string, boolean>> {
    const absent = steps.filter(({ email, planned }) => !current.has(email) && hasWrites(planned.outcomes));
    return absent.length === 0 ? new Map() : this.customers.findErasures(absent.map(({ planned }) => planned.id));
  }

  /** `erased`: whether the customer, by the planned id or the e-mail, was erased; undefined when there was none. */
  private settle({ rows, planned }: Step, stored: StoredCustomer | undefined, erased: boolean | undefined): Settlement {
    if (!hasWrites(planned.outcomes) || this.hasWritten(stored)) return { outcomes: planned.outcomes };
    if (stored) return this.apply(stored, rows);
    const isNew = planned.version === 0;
    if (erased === true || (erased === undefined && !isNew)) return { outcomes: rows.map(() => 's') };
    if (erased === undefined) return this.create(planned.id, rows);
    return isNew ? { outcomes: planned.outcomes } : this.create(new Types.ObjectId().toHexString(), rows);
  }

  private hasWritten(stored: StoredCustomer | undefined): boolean {
    return isAtOrAfter(stored?.importMark, this.mark);
  }

  private apply({ id, version, content: before }: StoredCustomer, rows: readonly RowContent[]): Settlement {
    const { outcomes, content } = applyRows(before, rows, this.policy);
    return content && hasWrites(outcomes) ? { outcomes, write: { id, version, content } } : { outcomes };
  }

  private create(id: string, rows: readonly RowContent[]): Settlement {
    const { outcomes, content } = applyRows(null, rows, this.policy);
    return content ? { outcomes, write: { id, version: 0, content } } : { outcomes };
  }
}

/** The e-mails of the steps that nobody has now. */
export const absentFrom = (current: ReadonlyMap<string, unknown>, steps: readonly EmailRows[]): string[] =>
  steps.flatMap(({ email }) => (current.has(email) ? [] : [email]));

const plannedAt = (plan: BatchPlan, at: number): Step['planned'] => ({
  id: plan.ids[at] ?? '',
  version: plan.versions[at] ?? 0,
  outcomes: [...(plan.outcomes[at] ?? '')] as Outcome[],
});
