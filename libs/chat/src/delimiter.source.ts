import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';

/** Where the marks around the data of a prompt come from: injected, so that a test knows them. */
export abstract class DelimiterSource {
  abstract next(): string;
}

/** Nobody who writes a record can guess one. */
@Injectable()
export class RandomDelimiters extends DelimiterSource {
  next(): string {
    return randomBytes(12).toString('hex');
  }
}
