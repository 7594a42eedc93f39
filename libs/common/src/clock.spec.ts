import { SystemClock } from './clock.js';

describe(SystemClock.name, () => {
  const sut = new SystemClock();

  it('should reject a sleep with the reason it was aborted for', async () => {
    const reason = new Error('cancelled');
    const controller = new AbortController();
    const sleeping = sut.sleep(60_000, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(sut.sleep(60_000, controller.signal)).rejects.toBe(reason);
  });

  it('should resolve when nobody aborts it', async () => {
    await expect(sut.sleep(1)).resolves.toBeUndefined();
  });
});
