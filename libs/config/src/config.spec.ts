import { ConfigError, parseConfig } from './config.js';

const faultsOf = (env: Record<string, string | undefined>): readonly string[] => {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe(parseConfig.name, () => {
  it('should have a default for everything when the environment is empty', () => {
    expect(parseConfig({})).toMatchObject({
      port: 8000,
      timezone: 'Asia/Ho_Chi_Minh',
      registrationMode: 'open',
      memory: { ttlSeconds: 1_800, windowSize: 50 },
    });
  });

  it('should treat an empty value as absent', () => {
    expect(parseConfig({ PORT: '', GOOGLE_API_KEY: '' })).toMatchObject({ port: 8000, ai: { googleApiKey: undefined } });
  });

  it('should list every fault by name, never by value, when several are wrong', () => {
    const faults = faultsOf({ PORT: 'eighty', ALGORITHM: 'none', SECRET_KEY: 'hunter2', TIMEZONE: 'Mars/Olympus' });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(['PORT', 'SECRET_KEY', 'ALGORITHM', 'TIMEZONE']);
    expect(faults.join()).not.toContain('hunter2');
  });

  it.each([{}, { SECRET_KEY: 'your-secret-key-change-in-production' }, { SECRET_KEY: 'only-twenty-letters.' }])(
    'should refuse production when the secret is weak: %p',
    (env) => {
      expect(faultsOf({ NODE_ENV: 'production', ...env })).toEqual([expect.stringMatching(/^SECRET_KEY: /)]);
    },
  );

  it('should ask for approval of new accounts when in production', () => {
    expect(parseConfig({ NODE_ENV: 'production', SECRET_KEY: 'f'.repeat(40) }).registrationMode).toBe('approval');
  });
});
