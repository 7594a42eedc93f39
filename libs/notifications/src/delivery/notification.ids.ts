import { createHmac } from 'node:crypto';

/**
 * The id of a notice: the same for the same job and customer, so that no repeat makes a second one, and for others not
 * to be told from a random one. The first 12 bytes of HMAC-SHA256 (RFC 2104), in hexadecimal.
 */
export const notificationIdOf = (secretKey: string, jobId: string, customerId: string): string =>
  createHmac('sha256', secretKey).update(`${jobId}:${customerId}`).digest('hex').slice(0, 24);
