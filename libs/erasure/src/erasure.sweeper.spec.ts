import { Logger } from '@nestjs/common';
import type { OpenErasure } from './erasure.repository.js';
import type { ErasureService } from './erasure.service.js';
import { ErasureSweeper } from './erasure.sweeper.js';

const open = (id: string): OpenErasure => ({ id, customerId: `customer-${id}`, emailKey: `${id}@example.com` });

describe(ErasureSweeper.name, () => {
  const steps: string[] = [];
  const fake = (over: Partial<ErasureService> = {}): ErasureService =>
    ({
      abandoned: () => Promise.resolve([open('a'), open('b')]),
      settled: () => Promise.resolve([open('c')]),
      forget: ({ id }) => Promise.resolve(steps.push(`forget ${id}`) > 0),
      finish: ({ id }) => Promise.resolve(void steps.push(`finish ${id}`)),
      ...over,
    }) satisfies Partial<ErasureService> as ErasureService;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    steps.length = 0;
  });

  it('should go on with what a crash left and finish what has settled', async () => {
    await new ErasureSweeper(fake()).sweep();
    expect(steps).toEqual(['forget a', 'forget b', 'finish c']);
  });

  it('should not let one failure hold up the others', async () => {
    const forget: ErasureService['forget'] = ({ id }) =>
      id === 'a' ? Promise.reject(new Error('no database')) : Promise.resolve(steps.push(`forget ${id}`) > 0);
    await new ErasureSweeper(fake({ forget })).sweep();
    expect(steps).toEqual(['forget b', 'finish c']);
  });

  it('should outlive a database that is away', async () => {
    await expect(new ErasureSweeper(fake({ abandoned: () => Promise.reject(new Error('no database')) })).sweep()).resolves.toBeUndefined();
    expect(steps).toEqual([]);
  });

  it('should end between two people when the process stops', async () => {
    const stopped: Promise<void>[] = [];
    const forget: ErasureService['forget'] = ({ id }) => {
      steps.push(`forget ${id}`);
      stopped.push(sut.beforeApplicationShutdown());
      return Promise.resolve(true);
    };
    const sut = new ErasureSweeper(fake({ forget }));
    await sut.sweep();
    await Promise.all(stopped);
    expect(steps).toEqual(['forget a']);
  });
});
