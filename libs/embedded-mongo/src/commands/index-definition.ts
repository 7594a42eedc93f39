import { Int32 } from 'bson';
import { asDocument, typeOf, type Document } from '../document.js';
import { fail, MongoError } from '../errors.js';
import { show, type Index } from '../index-tree.js';
import { canonical } from '../key.js';
import { compileFilter } from '../matcher.js';
import { isNumber, toDouble } from '../numbers.js';

/** Kept and answered by `listIndexes`. */
const OPTIONS = ['unique', 'sparse', 'expireAfterSeconds', 'partialFilterExpression'];
/** `background` and `ns` have had no meaning since MongoDB 4.2. */
const IGNORED = ['v', 'key', 'name', 'background', 'ns', 'collation', 'hidden'];
const LONGEST_EXPIRY = 2 ** 31 - 1;
const MOST_FIELDS = 32;
const PARTIAL_OPERATORS = ['$eq', '$exists', '$gt', '$gte', '$lt', '$lte', '$type', '$and', '$or', '$in'];

/** An index as it is kept, from what `createIndexes` was given. Raises MongoDB's refusals by name. */
export function indexSpec(given: Document): Document {
  const key = asDocument(given['key']) ?? fail(9, "The 'key' field is a required property of an index specification");
  const { name, collation } = given;
  checkKey(key);
  if (typeof name !== 'string') fail(9, "The 'name' field is a required property of an index specification");
  if (name === '' || name === '*') fail(67, `index name cannot be '${name}'`);
  const unknown = Object.keys(given).find((option) => !IGNORED.includes(option) && !OPTIONS.includes(option));
  if (unknown) fail(197, `The field '${unknown}' is not valid for an index specification. Specification: ${show(given)}`);
  if (name === '_id_' && given['unique']) fail(197, "The field 'unique' is not valid for an _id index specification");
  if (collation && asDocument(collation)?.['locale'] !== 'simple') fail(238, 'index collation is not supported by the embedded database');
  if (given['hidden']) fail(238, 'hidden indexes are not supported by the embedded database');
  checkExpiry(given['expireAfterSeconds'], key);
  checkPartial(given['partialFilterExpression'], Boolean(given['sparse']));
  const options = OPTIONS.filter((option) => given[option] !== undefined && given[option] !== false);
  return { v: new Int32(2), key, name, ...Object.fromEntries(options.map((option) => [option, given[option]])) };
}

function checkKey(key: Document): void {
  const fields = Object.entries(key);
  if (fields.length === 0) fail(67, 'Index keys cannot be empty.');
  if (fields.length > MOST_FIELDS) fail(13103, 'too many compound keys');
  for (const [path, direction] of fields) {
    if (path.split('.').includes('')) fail(67, 'Index keys cannot contain an empty field.');
    if (path.includes('$**')) fail(238, 'wildcard indexes are not supported by the embedded database');
    if (path.startsWith('$')) fail(67, `Index key contains an illegal field name: ${path}`);
    if (typeof direction === 'string') fail(238, `${direction} indexes are not supported by the embedded database`);
    if (!isNumber(direction) || !(Math.abs(toDouble(direction)) > 0))
      fail(67, `Values in the index key pattern must be numbers other than 0: ${path}`);
  }
}

function checkExpiry(expiry: unknown, key: Document): void {
  if (expiry === undefined) return;
  if (!isNumber(expiry)) return fail(14, "TTL index 'expireAfterSeconds' option must be numeric");
  const seconds = toDouble(expiry);
  if (!(seconds >= 0 && seconds <= LONGEST_EXPIRY)) fail(67, `TTL index 'expireAfterSeconds' is outside its range: ${seconds}`);
  if (Object.keys(key).length > 1) fail(67, 'TTL indexes are single-field indexes, compound indexes do not support TTL');
}

/** MongoDB allows no negations, no regular expressions and `$exists: true` only. */
function checkPartial(partial: unknown, sparse: boolean): void {
  if (partial === undefined) return;
  if (sparse) fail(67, 'cannot mix "partialFilterExpression" and "sparse" options');
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeOf(value) === 'regex') fail(67, `Expression not supported in partial index: ${show(value)}`);
    for (const [name, inner] of Object.entries(asDocument(value) ?? {})) {
      const isAllowed = !name.startsWith('$') || (PARTIAL_OPERATORS.includes(name) && !(name === '$exists' && inner === false));
      if (!isAllowed) fail(67, `Expression not supported in partial index: ${show({ [name]: inner })}`);
      visit(inner);
    }
  };
  visit(partial);
  try {
    compileFilter(asDocument(partial) ?? fail(14, "The field 'partialFilterExpression' must be an object"));
  } catch (error) {
    throw error instanceof MongoError && error.code !== 14 ? new MongoError(67, error.message) : error;
  }
}

/** What makes two indexes different ones: MongoDB allows the same key twice when one of these differs. */
function signature({ key, unique, sparse, partialFilterExpression }: Document): string {
  return canonical([key, Boolean(unique), Boolean(sparse), partialFilterExpression ?? null]);
}

/** The existing index a request names again, or undefined for a new one. Raises 85 or 86 when the two do not agree. */
export function findExisting(indexes: readonly Index[], spec: Document): Index | undefined {
  const existing =
    indexes.find(({ name }) => name === spec['name']) ?? indexes.find(({ record }) => signature(record.spec) === signature(spec));
  if (!existing) return undefined;
  const own = existing.record.spec;
  const pair = `Requested index: ${show(spec)}, existing index: ${show(own)}`;
  if (signature(own) !== signature(spec)) fail(86, `An existing index has the same name as the requested index. ${pair}`);
  if (existing.name === '_id_') return existing;
  if (canonical(own['expireAfterSeconds']) !== canonical(spec['expireAfterSeconds'])) {
    fail(85, `An equivalent index already exists with different options. ${pair}`);
  }
  return existing.name === spec['name'] ? existing : fail(85, `Index already exists with a different name: ${existing.name}`);
}
