import { importSurvivesKill, sendSurvivesKill } from './kill.scenarios.js';
import { RunningStack } from './running-stack.js';

const RUNS = [1, 2, 3, 4, 5];

describe('a worker that is killed again and again', () => {
  let stack: RunningStack;

  beforeAll(async () => {
    stack = await RunningStack.start();
  }, 60_000);
  afterAll(async () => {
    await stack.stop();
  }, 30_000);

  it.each(RUNS)('Q5 should leave import %i like an unbroken one', (run) => importSurvivesKill(stack, run, (run - 1) * 600), 120_000);

  it.each(RUNS)(
    'Q6 should leave send %i with everybody told exactly once',
    (run) => sendSurvivesKill(stack, run, (run - 1) * 500, `run${run}`),
    120_000,
  );
});
