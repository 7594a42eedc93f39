import { setTimeout as sleep } from 'node:timers/promises';
import { takeHandOff } from './policy.js';

describe(takeHandOff.name, () => {
  it('should take out the mark and the blanks before it', () => {
    expect(takeHandOff('Dạ em chuyển  [[ HUMAN ]].')).toEqual({ text: 'Dạ em chuyển.', needsHuman: true });
    expect(takeHandOff('Dạ [[N:n1]] HUMAN')).toEqual({ text: 'Dạ [[N:n1]] HUMAN', needsHuman: false });
  });

  it('should read past any number of blanks', async () => {
    const text = `a${' '.repeat(400_000)}b`;
    expect(takeHandOff(text)).toEqual({ text, needsHuman: false });
    // Jest's timeout strikes only between two turns of the event loop.
    await sleep(0);
  });
});
