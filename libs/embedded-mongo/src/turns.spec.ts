import { Turns } from './turns.js';

describe(Turns.name, () => {
  it('should let one waiter on in each turn, in order', async () => {
    const sut = new Turns();
    const order: string[] = [];
    const waiters = ['a', 'b', 'c'].map((name) => sut.next().then(() => order.push(name)));
    setImmediate(() => setImmediate(() => order.push('another')));
    await Promise.all(waiters);

    expect(order.indexOf('another')).toBeLessThan(order.indexOf('c'));
    expect(order.filter((name) => name !== 'another')).toEqual(['a', 'b', 'c']);
  });

  it('should keep one deadline for all work of a turn', async () => {
    const sut = new Turns();
    const deadline = sut.deadline();

    expect(sut.deadline()).toBe(deadline);
    expect(sut.isOver()).toBe(false);
    await sut.next();
    expect(sut.deadline()).toBeGreaterThan(deadline);
  });
});
