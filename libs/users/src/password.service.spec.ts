import { getRounds } from 'bcrypt';
import { PasswordService } from './password.service.js';

describe(PasswordService.name, () => {
  const sut = new PasswordService();

  it('should know a password by its hash', async () => {
    const stored = await sut.hash('một con vịt xòe');
    expect(getRounds(stored)).toBe(10);
    await expect(sut.matches('một con vịt xòe', stored)).resolves.toBe(true);
    await expect(sut.matches('hai con vịt xòe', stored)).resolves.toBe(false);
  });

  it('A12 should match nothing where there is no hash', async () => {
    await expect(sut.matches('một con vịt xòe', undefined)).resolves.toBe(false);
  });
});
