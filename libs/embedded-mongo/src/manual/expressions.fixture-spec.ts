import { inspect } from 'node:util';
import { BSON, type Collection, type Document } from 'mongodb';
import { openServer, refusal, type LiveServer } from '../server.fixture-spec.js';

export type NumberType = 'int' | 'long' | 'double' | 'decimal';

/** What an operator's manual page shows, its edges, and what it is refused for. */
export interface Examples {
  /** The page, where it is not named like the operator. */
  page?: string;
  /** An expression, its value (undefined: the field stays away), and the BSON type of a number where that matters. */
  gives: [expression: unknown, value: unknown, type?: NumberType][];
  /** An expression and the error code it ends in; where MongoDB has a code for each detail, only what the message says. */
  refuses?: [expression: unknown, code: number | RegExp][];
}

const TYPES: Record<string, NumberType> = { Int32: 'int', Long: 'long', Double: 'double', Decimal128: 'decimal' };

const show = (value: unknown): string => inspect(value, { depth: 9, breakLength: Infinity, compact: true });

/** A server with one collection of one document, on which expressions are evaluated. */
export function expressionsOn(doc: Document) {
  let sut: LiveServer;
  let collection: Collection;

  beforeAll(async () => {
    sut = await openServer();
    collection = sut.db.collection('examples');
    await collection.insertOne({ ...doc });
  });

  afterAll(() => sut.close());

  const evaluate = async (expression: unknown): Promise<{ value: unknown; type: NumberType | undefined }> => {
    const [raw] = await collection.aggregate([{ $replaceWith: { v: expression } }], { promoteValues: false }).toArray();
    const type = (raw?.['v'] as { _bsontype?: string } | null | undefined)?._bsontype ?? '';
    return { value: BSON.deserialize(BSON.serialize(raw ?? {}))['v'], type: TYPES[type] };
  };
  const refused = (expression: unknown) => refusal(collection.aggregate([{ $replaceWith: { v: expression } }]).toArray());

  /** One describe for each operator, named by its page of the manual. */
  const describeOperators = (operators: Record<string, Examples>): void => {
    for (const [name, { page = name.slice(1), gives, refuses = [] }] of Object.entries(operators)) {
      describe(`${name}: https://www.mongodb.com/docs/v7.0/reference/operator/aggregation/${page}/`, () => {
        for (const [expression, value, type] of gives) {
          it(`should evaluate ${show(expression)} to ${type ? `${type} ` : ''}${show(value)}`, async () => {
            const found = await evaluate(expression);
            expect(found.value).toEqual(value);
            if (type) expect(found.type).toBe(type);
          });
        }
        for (const [expression, code] of refuses) {
          it(`should refuse ${show(expression)} with ${String(code)}`, async () => {
            const found = await refused(expression);
            if (typeof code === 'number') expect(found).toMatchObject({ code });
            else expect(found.message).toMatch(code);
          });
        }
      });
    }
  };

  return { evaluate, refused, describeOperators, collection: () => collection };
}
