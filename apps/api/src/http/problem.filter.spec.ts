import { Logger, type ArgumentsHost } from '@nestjs/common';
import { DomainError } from '@app/common';
import { ProblemFilter } from './problem.filter.js';
import { RouteTable } from './route-table.js';

const reply: Record<string, () => unknown> = { status: () => reply, headers: () => reply, type: () => reply, send: () => reply };
const host = {
  switchToHttp: () => ({ getRequest: () => ({ url: '/customers', method: 'POST', id: 'r1' }), getResponse: () => reply }),
} as unknown as ArgumentsHost;

describe(ProblemFilter.name, () => {
  const logged = jest.fn();
  beforeEach(() => {
    logged.mockReset();
    for (const level of ['warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((...said: unknown[]) => void logged(level, said[0]));
    }
  });
  afterEach(() => jest.restoreAllMocks());

  it('should log the cause of what keeps a part of the service away', () => {
    const cause = new Error('no space left on device');
    new ProblemFilter(new RouteTable()).catch(new DomainError('UPLOAD_STORAGE_UNAVAILABLE', 'unavailable', 'Later.', { cause }), host);
    expect(logged.mock.calls).toEqual([['warn', { err: cause, code: 'UPLOAD_STORAGE_UNAVAILABLE', requestId: 'r1' }]]);
  });

  it('should log what nobody foresaw', () => {
    const err = new TypeError('x is not a function');
    new ProblemFilter(new RouteTable()).catch(err, host);
    expect(logged.mock.calls).toEqual([['error', expect.objectContaining({ err, errorId: expect.any(String), requestId: 'r1' })]]);
  });

  it('should log nothing of what the caller can mend', () => {
    const cause = new Error('part of a form');
    new ProblemFilter(new RouteTable()).catch(new DomainError('BAD_UPLOAD', 'malformed', 'No.', { cause }), host);
    expect(logged).not.toHaveBeenCalled();
  });
});
