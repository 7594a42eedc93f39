import type { Document } from '../document.js';
import { asDocument, typeOf } from '../document.js';
import { fail } from '../errors.js';
import { isNumber, toDouble } from '../numbers.js';

/** Fields that every command takes; those with a meaning here are read elsewhere. */
const GENERIC = new Set(
  `$db $readPreference $clusterTime $client lsid comment apiVersion apiStrict apiDeprecationErrors
  readConcern writeConcern maxTimeMS txnNumber startTransaction autocommit`.split(/\s+/),
);

/** The fields of a command or of one of its statements, read with MongoDB's type errors. */
export class Arguments {
  constructor(
    readonly command: string,
    readonly fields: Document,
    readonly db: string,
  ) {}

  /** The collection a command is about: the value of its own name. */
  get collection(): string {
    const value = this.fields[this.command];
    if (typeof value !== 'string') fail(73, `collection name has invalid type ${typeOf(value)}`);
    return value === '' ? fail(73, `Invalid namespace specified '${this.db}.'`) : value;
  }

  get ns(): string {
    return `${this.db}.${this.collection}`;
  }

  /** Raises 40415 for a field that the command does not know. */
  allowOnly(known: readonly string[]): void {
    for (const name of Object.keys(this.fields)) {
      if (name !== this.command && !known.includes(name) && !GENERIC.has(name)) {
        fail(40415, `BSON field '${this.command}.${name}' is an unknown field.`);
      }
    }
  }

  /** Raises 238 for options that MongoDB has and this server does not, unless they are switched off. */
  refuse(names: readonly string[]): void {
    for (const name of names) {
      if (this.has(name) && this.get(name) !== false) fail(238, `${this.command}.${name} is not supported by the embedded database`);
    }
  }

  /** Text is compared by bytes only; anything else than the simple collation is refused. */
  refuseCollation(): void {
    const collation = this.document('collation');
    if (collation && collation['locale'] !== 'simple')
      fail(238, 'collation is not supported by the embedded database, except {locale: "simple"}');
  }

  /** Raises 13 for a command of the server sent to another database than `admin`. */
  requireAdmin(): void {
    if (this.db !== 'admin') fail(13, `${this.command} may only be run against the admin database.`);
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined && this.fields[name] !== null;
  }

  get(name: string): unknown {
    return this.fields[name] ?? undefined;
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined || typeof value === 'string' ? value : this.wrongType(name, value, "'string'");
  }

  document(name: string): Document | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : (asDocument(value) ?? this.wrongType(name, value, "'object'"));
  }

  documents(name: string): Document[] | undefined {
    return this.list(name)?.map((value, i) => asDocument(value) ?? this.wrongType(`${name}.${i}`, value, "'object'"));
  }

  list(name: string): unknown[] | undefined {
    const value = this.get(name);
    return value === undefined || Array.isArray(value) ? value : this.wrongType(name, value, "'array'");
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.get(name) ?? otherwise;
    if (typeof value === 'boolean') return value;
    return isNumber(value) ? toDouble(value) !== 0 : this.wrongType(name, value, "'[bool, long, int, decimal, double]'");
  }

  /** A whole number of at least `least`; raises 14 or 51024 as MongoDB's parser does. */
  count(name: string, least = 0): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!isNumber(value)) return this.wrongType(name, value, "'[long, int, decimal, double]'");
    const number = Math.trunc(toDouble(value));
    return number < least ? fail(51024, `BSON field '${name}' value must be >= ${least}, actual value '${number}'`) : number;
  }

  required<T>(name: string, value: T | undefined): T {
    return value ?? fail(40414, `BSON field '${this.command}.${name}' is missing but a required field`);
  }

  private wrongType(name: string, value: unknown, expected: string): never {
    const types = expected.includes('[') ? `types ${expected}` : `type ${expected}`;
    return fail(14, `BSON field '${this.command}.${name}' is the wrong type '${typeOf(value)}', expected ${types}`);
  }
}
