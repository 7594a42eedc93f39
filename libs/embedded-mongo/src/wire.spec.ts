import { deserialize, Long, serialize } from 'bson';
import { cursorFrame, documentFrame, encodeReply, FrameReader, parseMessage, ProtocolError, type Message } from './wire.js';

function opMsg(body: object, sections: [string, object[]][] = [], flags = 0): Buffer {
  const parts = sections.map(([name, documents]) => {
    const section = Buffer.concat([Buffer.alloc(4), Buffer.from(`${name}\0`), ...documents.map((document) => serialize(document))]);
    section.writeInt32LE(section.length, 0);
    return Buffer.concat([Buffer.from([1]), section]);
  });
  const frame = Buffer.concat([Buffer.alloc(20), Buffer.from([0]), serialize(body), ...parts]);
  [frame.length, 7, 0, 2013, flags].forEach((n, i) => frame.writeInt32LE(n, i * 4));
  return frame;
}

describe(FrameReader.name, () => {
  it('should cut frames wherever the chunks end', () => {
    const stream = Buffer.concat([opMsg({ ping: 1 }), opMsg({ hello: 1, text: 'x'.repeat(100) }), opMsg({ ping: 2 })]);
    for (const size of [1, 3, 20, 50, stream.length]) {
      const sut = new FrameReader();
      const frames: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) frames.push(...sut.push(stream.subarray(at, at + size)));
      expect(frames.map((frame) => Object.keys(parseMessage(frame).body)[0])).toEqual(['ping', 'hello', 'ping']);
    }
  });

  it.each([0, -1, 20, 48_000_001])('should refuse a length of %d', (length) => {
    const bytes = Buffer.alloc(16);
    bytes.writeInt32LE(length, 0);

    expect(() => new FrameReader().push(bytes)).toThrow(ProtocolError);
  });
});

describe(parseMessage.name, () => {
  it('should keep documents of sections and of an insert raw, and types everywhere', () => {
    const { body, sequences, silent } = parseMessage(opMsg({ update: 'c', n: 1.5 }, [['updates', [{ q: {} }, { q: { a: 1 } }]]], 2));

    expect(silent).toBe(true);
    expect(body['n']).toMatchObject({ _bsontype: 'Double', value: 1.5 });
    expect(sequences.get('updates')?.map((bytes) => deserialize(bytes))).toEqual([{ q: {} }, { q: { a: 1 } }]);
    const [document] = parseMessage(opMsg({ insert: 'c', documents: [{ a: 1 }] })).body['documents'] as Uint8Array[];
    expect(deserialize(document as Uint8Array)).toEqual({ a: 1 });
  });

  it('should refuse two sections of one name and a frame without a body', () => {
    expect(() =>
      parseMessage(
        opMsg({ insert: 'c' }, [
          ['documents', []],
          ['documents', []],
        ]),
      ),
    ).toThrow(/two sections named documents/);
    const empty = Buffer.alloc(21);
    [21, 1, 0, 2013, 0].forEach((n, i) => empty.writeInt32LE(n, i * 4));
    expect(() => parseMessage(empty)).toThrow(ProtocolError);
  });
});

describe('replies', () => {
  const message: Message = { requestId: 77, kind: 'message', silent: false, body: {}, sequences: new Map() };
  const bodyOf = (bytes: Buffer): object => deserialize(bytes.subarray(21), { promoteValues: false });

  it('should be the same from stored bytes as from a serialiser', () => {
    for (const count of [0, 1, 11, 101, 1_001]) {
      const docs = Array.from({ length: count }, (_, i) => ({ _id: i, text: 'é'.repeat(i % 7) }));
      const bytes = encodeReply(
        cursorFrame(
          docs.map((doc) => serialize(doc)),
          5n,
          'db.naïve',
          'firstBatch',
        ),
        message,
        3,
      );
      const expected = { cursor: { firstBatch: docs, id: Long.fromNumber(5), ns: 'db.naïve' } };

      expect(deserialize(bytes.subarray(21), { promoteLongs: false })).toEqual({ ...expected, ok: 1 });
      expect([bytes.readInt32LE(0), bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.readInt32LE(12)]).toEqual([
        bytes.length,
        3,
        77,
        2013,
      ]);
    }
  });

  it('should carry one document byte for byte', () => {
    const stored = serialize({ b: 1, '2': 'x' });
    const bytes = encodeReply(documentFrame({ lastErrorObject: { n: 1 } }, 'value', stored), message, 3);

    expect(bytes.includes(Buffer.from(stored))).toBe(true);
    expect(deserialize(bytes.subarray(21))).toEqual({ lastErrorObject: { n: 1 }, value: { b: 1, '2': 'x' }, ok: 1 });
  });

  it('should answer ok as a double', () => {
    expect(bodyOf(encodeReply({ ok: 1 }, message, 1))).toMatchObject({ ok: { _bsontype: 'Double' } });
  });
});
