import { Turns, type Steps } from './turns.js';

/** Steps that keep the event loop for longer than a slice. */
function* slow(pieces: number): Steps<string> {
  for (let i = 0; i < pieces; i++) {
    const end = performance.now() + 5;
    while (performance.now() < end);
    yield;
  }
  return 'done';
}

describe(Turns.name, () => {
  it('should answer at once what one slice is enough for', () => {
    expect(new Turns().run(slow(0))).toBe('done');
  });

  it('should let others in between the slices of long work', async () => {
    const order: string[] = [];
    const result = new Turns().run(slow(6));
    setImmediate(() => order.push('another'));
    expect(result).toBeInstanceOf(Promise);
    order.push(await result);

    expect(order).toEqual(['another', 'done']);
  });

  it('should pass on what a later step raises', async () => {
    const sut = new Turns();
    function* failing(): Steps<void> {
      yield* slow(4);
      throw new Error('a failing step');
    }

    await expect(sut.run(failing())).rejects.toThrow('a failing step');
  });

  it('should let one waiter on in each turn, in order', async () => {
    const sut = new Turns();
    const order: string[] = [];
    const waiters = ['a', 'b', 'c'].map((name) => sut.next().then(() => order.push(name)));
    setImmediate(() => setImmediate(() => order.push('another')));
    await Promise.all(waiters);

    expect(order.indexOf('another')).toBeLessThan(order.indexOf('c'));
    expect(order.filter((name) => name !== 'another')).toEqual(['a', 'b', 'c']);
  });
});
