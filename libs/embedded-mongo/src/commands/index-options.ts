import { Int32 } from 'bson';
import { asDocument, type Document } from '../document.js';
import { show } from '../duplicate.js';
import { fail, MongoError } from '../errors.js';
import type { Index } from '../index-entry.js';
import { canonical } from '../key.js';
import { compileFilter } from '../matcher.js';
import { isNumber, toDouble } from '../numbers.js';

/** Kept and answered by `listIndexes`; `background` and `ns` have had no meaning since MongoDB 4.2 and are dropped. */
const OPTIONS = ['unique', 'sparse', 'expireAfterSeconds', 'partialFilterExpression', 'hidden'] as const;
const IGNORED = ['v', 'key', 'name', 'background', 'ns', 'collation'];
const LONGEST_EXPIRY = 2 ** 31 - 1;

/** An index as it is kept, from what `createIndexes` was given. Raises MongoDB's refusals by name. */
export function indexSpec(given: Document): Document {
  const key = asDocument(given['key']) ?? fail(9, "The 'key' field is a required property of an index specification");
  checkKey(key);
  const name = given['name'];
  if (typeof name !== 'string') fail(9, "The 'name' field is a required property of an index specification");
  if (name === '') fail(67, 'index name cannot be empty');
  if (name === '*') fail(67, 'Index names cannot be *');
  for (const option of Object.keys(given)) {
    if (IGNORED.includes(option) || (OPTIONS as readonly string[]).includes(option)) continue;
    fail(197, `The field '${option}' is not valid for an index specification. Specification: ${show(given)}`);
  }
  const collation = asDocument(given['collation']);
  if (collation && collation['locale'] !== 'simple')
    fail(238, 'index collation is not supported by the embedded database, except {locale: "simple"}');
  if (given['hidden']) fail(238, 'hidden indexes are not supported by the embedded database');
  checkOptions(given, key);
  const spec: Document = { v: new Int32(2), key, name };
  for (const option of OPTIONS) if (given[option] !== undefined && given[option] !== false) spec[option] = given[option];
  return spec;
}

function checkKey(key: Document): void {
  const fields = Object.entries(key);
  if (fields.length === 0) fail(67, 'Index keys cannot be empty.');
  for (const [path, direction] of fields) {
    if (path === '' || path.split('.').includes('')) fail(67, 'Index keys cannot contain an empty field.');
    if (path.includes('$**')) fail(238, 'wildcard indexes are not supported by the embedded database');
    if (path.startsWith('$')) fail(67, `Index key contains an illegal field name: field name starts with '$'.`);
    if (typeof direction === 'string') fail(238, `${direction} indexes are not supported by the embedded database`);
    if (!isNumber(direction))
      fail(
        67,
        `Values in v:2 index key pattern cannot be of type ${typeof direction}. Only numbers > 0, numbers < 0, and strings are allowed.`,
      );
    if (toDouble(direction) === 0 || Number.isNaN(toDouble(direction))) fail(67, 'Values in the index key pattern cannot be 0.');
  }
  if (fields.length > 32) fail(13103, 'too many compound keys');
}

function checkOptions(given: Document, key: Document): void {
  const partial = given['partialFilterExpression'];
  if (partial !== undefined) {
    if (!asDocument(partial)) fail(14, "The field 'partialFilterExpression' must be an object");
    if (given['sparse']) fail(67, 'cannot mix "partialFilterExpression" and "sparse" options');
    checkPartial(partial as Document);
  }
  const expiry = given['expireAfterSeconds'];
  if (expiry === undefined) return;
  if (!isNumber(expiry)) fail(14, `TTL index 'expireAfterSeconds' option must be numeric, but received a type of '${typeof expiry}'`);
  const seconds = toDouble(expiry);
  if (!(seconds >= 0 && seconds <= LONGEST_EXPIRY)) {
    fail(67, `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a different number than ${seconds}.`);
  }
  if (Object.keys(key).length > 1) fail(67, 'TTL indexes are single-field indexes, compound indexes do not support TTL');
}

const PARTIAL_OPERATORS = ['$eq', '$exists', '$gt', '$gte', '$lt', '$lte', '$type', '$and', '$or', '$in'];

/** The expressions MongoDB allows in a partial index: no negations, no regular expressions, `$exists: true` only. */
function checkPartial(filter: Document): void {
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    for (const [name, inner] of Object.entries(asDocument(value) ?? {})) {
      if (name.startsWith('$') && !PARTIAL_OPERATORS.includes(name))
        fail(67, `Expression not supported in partial index: ${show({ [name]: inner })}`);
      if (name === '$exists' && inner === false) fail(67, 'Expression not supported in partial index: $exists: false');
      visit(inner);
    }
  };
  visit(filter);
  try {
    compileFilter(filter);
  } catch (error) {
    if (error instanceof MongoError) fail(67, error.message);
    throw error;
  }
}

/** What makes two indexes different ones: MongoDB allows the same key twice when one of these differs. */
function signature(spec: Document): string {
  const { key, unique, sparse, partialFilterExpression } = spec;
  const fields = Object.entries(key as Document).map(([path, direction]) => [path, direction]);
  return canonical([fields, Boolean(unique), Boolean(sparse), partialFilterExpression ?? null]);
}

/** The existing index a request names again, or undefined for a new one. Raises 85 or 86 when the two do not agree. */
export function findExisting(indexes: readonly Index[], spec: Document): Index | undefined {
  const isSame = (index: Index): boolean => signature(index.record.spec) === signature(spec);
  const pair = (index: Index): string => `Requested index: ${show(spec)}, existing index: ${show(index.record.spec)}`;
  const hasEqualOptions = (index: Index): boolean =>
    canonical(index.record.spec['expireAfterSeconds'] ?? null) === canonical(spec['expireAfterSeconds'] ?? null);
  const named = indexes.find((index) => index.name === spec['name']);
  if (named) {
    if (!isSame(named)) {
      const advice =
        'When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation.';
      fail(86, `An existing index has the same name as the requested index. ${advice} ${pair(named)}`);
    }
    if (!hasEqualOptions(named)) fail(85, `An equivalent index already exists with the same name but different options. ${pair(named)}`);
    return named;
  }
  const alike = indexes.find(isSame);
  if (!alike) return undefined;
  if (alike.name === '_id_') return alike;
  if (!hasEqualOptions(alike)) fail(85, `An equivalent index already exists with a different name and options. ${pair(alike)}`);
  return fail(85, `Index already exists with a different name: ${alike.name}`);
}
