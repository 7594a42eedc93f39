import { killRounds, newSeed } from './kill.fixture-spec.js';
import { ServerProgram } from './process.fixture-spec.js';
import { describeEmbedded } from './server.fixture-spec.js';

const ROUNDS = 200;

describeEmbedded('the death of the process, again and again', () => {
  let program: ServerProgram;

  beforeAll(() => {
    program = new ServerProgram();
  });

  afterAll(() => program.remove());

  it('should lose no acknowledged write and keep indexes and documents in step when killed at any moment', async () => {
    expect((await killRounds(program, ROUNDS, newSeed())).acknowledged).toBeGreaterThan(ROUNDS * 10);
  }, 600_000);
});
