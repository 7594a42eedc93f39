import { setTimeout as sleep } from 'node:timers/promises';
import { citationMark, knownIds, readCitations } from './citations.js';

const known = knownIds([
  { kind: 'notice', id: 'n1' },
  { kind: 'notice', id: 'n2' },
  { kind: 'fact', id: 'f1' },
  { kind: 'profile', id: 'p1' },
]);

describe(readCitations.name, () => {
  it('should take the marks out and name each source once', () => {
    expect(readCitations('Cước là 275.000 đ [[N:n1]]. Hạn 25/11 [[N:n1]] [[F:f1]].', known)).toEqual({
      text: 'Cước là 275.000 đ. Hạn 25/11.',
      citations: [
        { kind: 'notice', id: 'n1' },
        { kind: 'fact', id: 'f1' },
      ],
      unknownCount: 0,
    });
  });

  it.each(['[[N:n1, N:n2]]', '[[ N : n1 ]][[N:n2]]', '[[N:n1;N:n2]]'])('should understand the ways models write %s', (marks) => {
    expect(readCitations(`Dạ ${marks}.`, known)).toMatchObject({ text: 'Dạ.', citations: [{ id: 'n1' }, { id: 'n2' }], unknownCount: 0 });
  });

  it('should drop and count what was not in the prompt', () => {
    expect(readCitations('Dạ [[N:other]] [[F:n1]] [[M:x]].', known)).toEqual({ text: 'Dạ.', citations: [], unknownCount: 3 });
  });

  it('should leave other brackets alone', () => {
    expect(readCitations('[[x]] [N:n1] [[N:n1', known)).toEqual({ text: '[[x]] [N:n1] [[N:n1', citations: [], unknownCount: 0 });
  });

  it('should read past any number of blanks', async () => {
    const text = `a${' '.repeat(400_000)}b`;
    expect(readCitations(`${text} [[N:n1]]`, known).text).toBe(text);
    // Jest's timeout strikes only between two turns of the event loop.
    await sleep(0);
  });

  it('should read what it writes', () => {
    expect(readCitations(citationMark({ kind: 'fact', id: 'f1' }), known).citations).toEqual([{ kind: 'fact', id: 'f1' }]);
  });
});
