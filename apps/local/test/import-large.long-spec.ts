import { readFileSync } from 'node:fs';
import { RunningStack, type TaskReply } from './running-stack.js';

const MAX_RESIDENT_MIB = 256;
const MB = 1_000_000;
const GOOD = 'good@example.com,Tốt\n';

/** The most resident memory the process ever had, in MiB. */
const peakOf = (pid: number): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

describe('C10: an import of a file made to be too much', () => {
  let stack: RunningStack;

  beforeEach(async () => {
    stack = await RunningStack.start();
  }, 60_000);
  afterEach(() => stack.stop(), 60_000);

  it.each([
    ['a cell of 9 MB', `a@example.com,${'x'.repeat(9 * MB)}\n`, ['TOO_LONG'], 1],
    ['a quoted cell of 9 MB', `a@example.com,"${'x'.repeat(9 * MB)}"\n`, ['TOO_LONG'], 1],
    ['a row of five million cells', `a@example.com,A${','.repeat(5 * MB)}x\n`, ['TOO_LONG'], 1],
    [
      'rows of a hundred thousand cells',
      `a@example.com,A${','.repeat(100_000)}x\n`.repeat(90),
      Array<string>(90).fill('TOO_MANY_CELLS'),
      90,
    ],
    ['nine million quotes', `a@example.com,${'"'.repeat(9 * MB)}\n`, ['TOO_LONG'], 1],
    ['a million tiny rows', 'a,b\n'.repeat(MB), Array<string>(1_000).fill('BAD_FORMAT'), MB],
  ])(
    'should get through %s and stay small',
    async (_, rows, codes, failed) => {
      const file = Buffer.from(`email,full_name\n${rows}${GOOD}`);
      const { job_id: jobId } = await stack.api.upload<TaskReply>('/customers/import', 'large.csv', file);
      const { result } = await stack.untilEnded(jobId);
      expect(result).toMatchObject({ total_rows: failed + 1, created: 1, failed });
      expect((result?.['errors'] as { code: string }[]).map(({ code }) => code)).toEqual(codes);
      expect(peakOf(stack.workerPid)).toBeLessThan(MAX_RESIDENT_MIB);
    },
    600_000,
  );

  it('should get through a dry run of as many customers as fit, and stay small', async () => {
    const rows = 740_000;
    const lines = Array.from({ length: rows }, (_, at) => `${at}@c.vn,x`);
    const file = Buffer.from(`email,full_name\n${lines.join('\n')}\n`);
    const { job_id: jobId } = await stack.api.upload<TaskReply>('/customers/import', 'large.csv', file, { dry_run: 'true' });
    expect((await stack.untilEnded(jobId)).result).toMatchObject({ total_rows: rows, created: rows });
    expect(peakOf(stack.workerPid)).toBeLessThan(MAX_RESIDENT_MIB);
  }, 600_000);

  it('should refuse a hundred thousand columns, and four million, and stay small', async () => {
    for (const columns of [100_000, 4 * MB]) {
      const file = Buffer.from(`email,full_name${',k'.repeat(columns)}\n${GOOD}`);
      await expect(stack.api.upload('/customers/import', 'wide.csv', file)).rejects.toMatchObject({ status: 422, code: 'CSV_BAD_HEADER' });
    }
  });
});
