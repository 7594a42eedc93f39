import { Injectable, type PipeTransform } from '@nestjs/common';
import { BadIdError } from './http.errors.js';

/** An id as MongoDB makes them: 24 hexadecimal digits. */
@Injectable()
export class ObjectIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!/^[0-9a-f]{24}$/.test(value)) throw new BadIdError();
    return value;
  }
}

/** A UUID in its lower-case form. */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(value)) throw new BadIdError();
    return value;
  }
}
