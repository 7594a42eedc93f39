import { importSurvivesKill, sendSurvivesKill } from './kill.scenarios.js';
import { RunningStack } from './running-stack.js';

describe('a worker that is killed', () => {
  let stack: RunningStack;

  beforeAll(async () => {
    stack = await RunningStack.start();
  }, 60_000);

  it('Q5 should leave an import that ends like an unbroken one', () => importSurvivesKill(stack, 0, 1_000), 90_000);

  it('Q6 should leave a send that tells everybody exactly once', () => sendSurvivesKill(stack, 0, 500, 'run0'), 90_000);

  it('should end with the stack when it is asked to', async () => {
    expect(await stack.stop()).toBe(0);
  }, 30_000);
});
