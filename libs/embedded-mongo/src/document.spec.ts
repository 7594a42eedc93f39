import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  deserialize,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  serialize,
  Timestamp,
} from 'bson';
import { RawDocument, TYPED, typeOf } from './document.js';

const ONE_OF_EACH = {
  d: new Double(5),
  s: 'tiếng Việt',
  o: { x: new Int32(1) },
  a: [new Int32(1), new Double(2)],
  bin: new Binary(Buffer.from('xy'), 5),
  id: new ObjectId('0123456789abcdef01234567'),
  t: true,
  date: new Date(-1),
  nil: null,
  re: new BSONRegExp('^a', 'i'),
  code: new Code('f()'),
  scoped: new Code('f()', { a: new Int32(1) }),
  sym: new BSONSymbol('s'),
  i: new Int32(-7),
  ts: new Timestamp({ t: 5, i: 6 }),
  l: Long.fromString('9007199254740993'),
  dec: Decimal128.fromString('1.10'),
  min: new MinKey(),
  max: new MaxKey(),
};
const TYPES =
  'double string object array binData objectId bool date null regex javascript javascriptWithScope symbol int timestamp long decimal minKey maxKey';

describe(RawDocument.name, () => {
  const bytes = Buffer.from(serialize(ONE_OF_EACH));

  it('should give back the same bytes for every type', () => {
    expect(RawDocument.fromTyped(new RawDocument(bytes).typed).bytes).toEqual(bytes);
    expect(Object.values(new RawDocument(bytes).typed).map(typeOf).join(' ')).toBe(TYPES);
  });

  it('should read single fields as the whole document has them', () => {
    const whole = deserialize(bytes, TYPED);
    for (const name of Object.keys(ONE_OF_EACH)) expect(new RawDocument(bytes).get(name)).toEqual(whole[name]);
    expect(new RawDocument(bytes).get('constructor')).toBeUndefined();
  });

  it('should cut out fields in their order', () => {
    const picked = new RawDocument(bytes).pick((name) => ['l', 're', 's', 'max'].includes(name));
    expect(Object.keys(picked.typed)).toEqual(['s', 're', 'l', 'max']);
    expect(picked.typed['l']).toEqual(ONE_OF_EACH.l);
  });

  it('should refuse a computed document over 16 MiB', () => {
    expect(() => RawDocument.fromTyped({ a: 'x'.repeat(17 << 20) }).bytes).toThrow(expect.objectContaining({ code: 10334 }));
  });
});
