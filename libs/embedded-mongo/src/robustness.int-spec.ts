import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { deserialize, serialize, type Document, type Long } from 'bson';
import { MongoClient } from 'mongodb';
import { indexFaults, randomFrom } from './kill.fixture-spec.js';
import { ServerProgram, type ServerProcess } from './process.fixture-spec.js';
import { describeEmbedded, openServer, refusal, type LiveServer } from './server.fixture-spec.js';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_COMPRESSED = 2012;
const OP_MSG = 2013;
const HEADER = 16;
const LARGEST_DOCUMENT = 16 * 2 ** 20;
/** BSONObjectTooLarge, and the numbers that updates and upserts have in some versions. */
const TOO_LARGE = [10334, 17419, 17420];

let sut: LiveServer;

beforeAll(async () => {
  sut = await openServer();
});

afterAll(() => sut.close());

function int32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeInt32LE(value, i * 4));
  return bytes;
}

/** A whole message around a payload; its length is right unless another one is given. */
function frameOf(opCode: number, payload: Buffer, length = HEADER + payload.length): Buffer {
  return Buffer.concat([int32(length, 7, 0, opCode), payload]);
}

const body = (document: object | Buffer): Buffer =>
  Buffer.concat([Buffer.from([0]), Buffer.isBuffer(document) ? document : serialize(document)]);

/** A section of documents; its length is right unless another one is given. */
function sequence(name: string, documents: Buffer[], length?: number): Buffer {
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...documents]);
  return Buffer.concat([Buffer.from([1]), int32(length ?? content.length + 4), content]);
}

function message(flags: number, ...sections: Buffer[]): Buffer {
  return frameOf(OP_MSG, Buffer.concat([int32(flags), ...sections]));
}

const command = (document: object): Buffer => message(0, body({ ...document, $db: sut.db.databaseName }));
const PING = message(0, body({ ping: 1, $db: 'admin' }));

/** A document whose bytes were changed after it was made. */
function spoilt(document: object, spoil: (bytes: Buffer) => unknown): Buffer {
  const bytes = Buffer.from(serialize(document));
  spoil(bytes);
  return bytes;
}

/** `{a: {a: {a: …}}}`, made without the recursion of a serialiser. */
function nested(depth: number): Buffer {
  const bytes = Buffer.alloc(depth * 8 + 5);
  for (let level = 0; level < depth; level++) {
    bytes.writeInt32LE((depth - level) * 8 + 5, level * 7);
    bytes.write('\x03a', level * 7 + 4, 'latin1');
  }
  bytes.writeInt32LE(5, depth * 7);
  return bytes;
}

/** A client without a driver: it may send anything, and sees every reply as it comes. */
class RawClient {
  private chunks: Buffer[] = [];
  private size = 0;
  private isClosed = false;
  private wake: () => void = () => undefined;

  private constructor(readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.chunks.push(chunk);
      this.size += chunk.length;
      this.wake();
    });
    socket.once('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static open(port = Number(new URL(sut.url).port)): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawClient(socket)));
      socket.once('error', reject);
    });
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next whole reply, or nothing when the server ends the connection. */
  async nextFrame(): Promise<Buffer | undefined> {
    const hasBytes = async (count: number): Promise<boolean> => {
      while (this.size < count && !this.isClosed) await new Promise<void>((resolve) => (this.wake = resolve));
      return this.size >= count;
    };
    if (!(await hasBytes(4)) || !(await hasBytes(this.join().readInt32LE(0)))) return undefined;
    const all = this.join();
    const length = all.readInt32LE(0);
    this.chunks = [all.subarray(length)];
    this.size -= length;
    return all.subarray(0, length);
  }

  private join(): Buffer {
    const all = Buffer.concat(this.chunks);
    this.chunks = [all];
    return all;
  }

  /** The document of the next reply, or nothing when the server ends the connection. */
  async next(): Promise<Document | undefined> {
    const frame = await this.nextFrame();
    return frame && deserialize(frame.subarray(frame.readInt32LE(12) === OP_REPLY ? 36 : 21), { promoteLongs: false });
  }

  ask(bytes: Buffer): Promise<Document | undefined> {
    this.send(bytes);
    return this.next();
  }

  close(): void {
    this.socket.destroy();
  }
}

async function withClients<T>(count: number, work: (clients: RawClient[]) => Promise<T>): Promise<T> {
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.open()));
  try {
    return await work(clients);
  } finally {
    for (const client of clients) client.close();
  }
}

/** Somebody misbehaves; who was connected before and who comes after must not notice. */
async function expectOthersUnharmed(misbehave: (offender: RawClient) => Promise<void>): Promise<void> {
  await withClients(2, async ([offender, bystander]) => {
    expect(await (bystander as RawClient).ask(PING)).toEqual({ ok: 1 });
    await misbehave(offender as RawClient);
    expect(await (bystander as RawClient).ask(PING)).toEqual({ ok: 1 });
  });
  await withClients(1, async ([newcomer]) => expect(await (newcomer as RawClient).ask(PING)).toEqual({ ok: 1 }));
}

describeEmbedded('messages', () => {
  it('should be taken in single bytes, and several in one chunk', async () => {
    await withClients(1, async ([client]) => {
      client?.socket.setNoDelay(true);
      for (const byte of PING) {
        client?.send(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await client?.next()).toEqual({ ok: 1 });

      client?.send(Buffer.concat([PING, command({ nope: 1 }), PING]));
      expect(await client?.next()).toEqual({ ok: 1 });
      expect(await client?.next()).toMatchObject({ ok: 0, code: 59 });
      expect(await client?.next()).toEqual({ ok: 1 });
    });
  });

  it('should be taken with a checksum', async () => {
    await withClients(1, async ([client]) => {
      const withChecksum = frameOf(OP_MSG, Buffer.concat([int32(1), body({ ping: 1, $db: 'admin' }), int32(0)]));

      expect(await client?.ask(withChecksum)).toEqual({ ok: 1 });
    });
  });

  it('should be answered by OP_REPLY when the handshake is that of old drivers', async () => {
    await withClients(1, async ([client]) => {
      client?.send(query('admin.$cmd', { isMaster: 1, helloOk: true }));
      const reply = (await client?.nextFrame()) as Buffer;

      expect(reply.readInt32LE(12)).toBe(OP_REPLY);
      expect(reply.readInt32LE(8)).toBe(7);
      expect(deserialize(reply.subarray(36))).toMatchObject({ ismaster: true, helloOk: true, ok: 1 });
    });
  });

  it('should be answered in the order in which they were sent', async () => {
    await withClients(1, async ([client]) => {
      await sut.db.collection('ordered').insertMany(Array.from({ length: 2_000 }, (_, i) => ({ i })));
      const slow = command({
        aggregate: 'ordered',
        pipeline: [{ $sort: { i: -1 } }, { $group: { _id: null, n: { $sum: 1 } } }],
        cursor: {},
      });
      client?.send(Buffer.concat([slow, PING, command({ count: 'ordered' }), PING]));

      expect(await client?.next()).toMatchObject({ cursor: { firstBatch: [{ n: 2_000 }] } });
      expect(await client?.next()).toEqual({ ok: 1 });
      expect(await client?.next()).toMatchObject({ n: 2_000 });
      expect(await client?.next()).toEqual({ ok: 1 });
    });
  });
});

function query(namespace: string, document: object): Buffer {
  return frameOf(OP_QUERY, Buffer.concat([int32(0), Buffer.from(`${namespace}\0`), int32(0, -1), serialize(document)]));
}

describeEmbedded('a malformed message', () => {
  const ping = { ping: 1, $db: 'admin' };
  const find = { find: 'c', filter: { text: 'abc' }, $db: 'admin' };
  const insert = { insert: 'malformed', $db: 'admin' };
  const frames: [string, Buffer][] = [
    ['a negative length', frameOf(OP_MSG, Buffer.alloc(20), -1)],
    ['the smallest length there is', frameOf(OP_MSG, Buffer.alloc(20), -(2 ** 31))],
    ['no length', frameOf(OP_MSG, Buffer.alloc(20), 0)],
    ['a length shorter than its header', frameOf(OP_MSG, Buffer.alloc(20), 15)],
    ['nothing but a header', frameOf(OP_MSG, Buffer.alloc(0))],
    ['a length of 2^31 - 1', frameOf(OP_MSG, Buffer.alloc(20), 2 ** 31 - 1)],
    ['a length of one over the most', frameOf(OP_MSG, Buffer.alloc(20), 48_000_001)],
    ['an unknown opcode', frameOf(4711, PING.subarray(HEADER))],
    ['the opcode of a reply', frameOf(OP_REPLY, PING.subarray(HEADER))],
    ['an opcode of long ago', frameOf(2002, PING.subarray(HEADER))],
    [
      'a compressed payload',
      frameOf(OP_COMPRESSED, Buffer.concat([int32(OP_MSG, PING.length - HEADER), Buffer.from([0]), PING.subarray(HEADER)])),
    ],
    ['an unknown required flag', message(1 << 5, body(ping))],
    ['all required flags', message(0xfffc, body(ping))],
    ['a checksum flag and no room for one', message(1, body(ping).subarray(0, 3))],
    ['a checksum in place of the end of its body', message(1, body(ping))],
    ['an unknown kind of section', message(0, body(ping), Buffer.from([2, 0, 0, 0, 0]))],
    ['another unknown kind of section', message(0, Buffer.from([9]), serialize(ping) as Buffer)],
    ['two bodies', message(0, body(ping), body(ping))],
    ['no body', message(0, sequence('documents', [Buffer.from(serialize({ a: 1 }))]))],
    ['no section', message(0)],
    ['two sections of one name', message(0, body(insert), sequence('documents', []), sequence('documents', []))],
    ['a section that is longer than its message', message(0, body(insert), sequence('documents', [Buffer.from(serialize({}))], 5_000))],
    ['a section that is shorter than its name', message(0, body(insert), sequence('documents', [], 6))],
    ['a section of a negative length', message(0, body(insert), sequence('documents', [Buffer.from(serialize({}))], -1))],
    ['a section of no length', message(0, body(insert), sequence('documents', [Buffer.from(serialize({}))], 0))],
    ['a section without the end of its name', message(0, body(insert), Buffer.concat([Buffer.from([1]), int32(8), Buffer.from('docs')]))],
    ['a section with a cut document', message(0, body(insert), sequence('documents', [Buffer.from(serialize({ a: 1 })).subarray(0, 9)]))],
    [
      'a section with three bytes after its documents',
      message(0, body(insert), sequence('documents', [serialize({}) as Buffer, Buffer.alloc(3)])),
    ],
    ['a truncated body', message(0, body(Buffer.from(serialize(find)).subarray(0, 30)))],
    ['a body of four bytes', message(0, body(int32(4)))],
    ['a body of a negative length', message(0, body(spoilt(find, (bytes) => bytes.writeInt32LE(-5, 0))))],
    ['a body longer than its message', message(0, body(spoilt(find, (bytes) => bytes.writeInt32LE(5_000, 0))))],
    ['a body without its terminator', message(0, body(spoilt(find, (bytes) => bytes.writeUInt8(1, bytes.length - 1))))],
    [
      'an inner document with a wrong length',
      message(0, body(spoilt(find, (bytes) => bytes.writeInt32LE(900, bytes.indexOf('filter') + 7)))),
    ],
    [
      'an inner document with a negative length',
      message(0, body(spoilt(find, (bytes) => bytes.writeInt32LE(-9, bytes.indexOf('filter') + 7)))),
    ],
    ['an inner document one byte short', message(0, body(spoilt(find, (bytes) => bytes.writeInt32LE(18, bytes.indexOf('filter') + 7))))],
    ['a text of a wrong length', message(0, body(spoilt(find, (bytes) => bytes.writeInt32LE(900, bytes.indexOf('text') + 5))))],
    ['a text of a negative length', message(0, body(spoilt(find, (bytes) => bytes.writeInt32LE(-1, bytes.indexOf('text') + 5))))],
    ['a text of no length', message(0, body(spoilt(find, (bytes) => bytes.writeInt32LE(0, bytes.indexOf('text') + 5))))],
    ['a text without its terminator', message(0, body(spoilt(find, (bytes) => bytes.write('d', bytes.indexOf('abc') + 3))))],
    ['a value of an unknown type', message(0, body(spoilt(ping, (bytes) => bytes.writeUInt8(0x77, 4))))],
    ['noise for a body', message(0, body(Buffer.concat([int32(40), Buffer.alloc(36, 0xa5)])))],
    ['a command nested 100,000 levels deep', message(0, body(nested(100_000)))],
    ['an OP_QUERY on another namespace', query('shop.people', { a: 1 })],
    ['an OP_QUERY without the end of its namespace', frameOf(OP_QUERY, Buffer.concat([int32(0), Buffer.alloc(40, 0x61)]))],
    ['an OP_QUERY without its query', frameOf(OP_QUERY, Buffer.concat([int32(0), Buffer.from('admin.$cmd\0'), int32(0, -1)]))],
    [
      'an OP_QUERY with a cut query',
      frameOf(OP_QUERY, Buffer.concat([int32(0), Buffer.from('admin.$cmd\0'), int32(0, -1), int32(400), Buffer.alloc(9)])),
    ],
    ['text of another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ];

  it.each(frames)('should harm nobody else when it has %s', async (_, frame) => {
    await expectOthersUnharmed(async (offender) => {
      const reply = await offender.ask(frame);

      if (reply !== undefined) expect(reply).toMatchObject({ ok: 0, code: expect.any(Number) });
    });
  });

  it('should harm nobody else when it ends in the middle', async () => {
    const whole = message(0, body(insert), sequence('documents', [Buffer.from(serialize({ text: 'x'.repeat(500) }))]));
    for (const length of [1, 3, 4, 15, 16, 20, 21, 30, whole.length - 1]) {
      await expectOthersUnharmed(async (offender) => {
        offender.socket.end(whole.subarray(0, length));
        expect(await offender.next()).toBeUndefined();
      });
    }
    expect(await sut.client.db('admin').collection('malformed').countDocuments()).toBe(0);
  });

  it('should harm nobody else when it is noise', async () => {
    const random = randomFrom(1);
    await withClients(60, async (offenders) => {
      for (const offender of offenders) {
        const noise = Buffer.from(Array.from({ length: 20 + Math.floor(random() * 400) }, () => Math.floor(random() * 256)));
        // Half of them with a length that makes the server read on.
        if (random() < 0.5) noise.writeInt32LE(noise.length, 0);
        if (random() < 0.5) noise.writeInt32LE(OP_MSG, 12);
        offender.socket.end(noise);
      }
      await Promise.all(offenders.map((offender) => offender.next()));
    });

    await expectOthersUnharmed(async () => undefined);
  });

  it('should harm nobody else when single bytes of it are wrong', async () => {
    const random = randomFrom(2);
    const name = 'spoilt_bytes';
    await sut.db.collection(name).createIndexes([{ key: { a: 1 } }, { key: { d: -1 } }]);
    const db = sut.db.databaseName;
    const documents = sequence('documents', [Buffer.from(serialize({ _id: 1, a: [1, 2, { b: 'text' }], d: new Date(0) }))]);
    const originals = [
      command({ find: name, filter: { a: { $in: [1, 'two', null] } }, sort: { a: -1 }, batchSize: 3 }),
      command({ aggregate: name, pipeline: [{ $match: { a: 1 } }, { $group: { _id: '$a', n: { $sum: 1 } } }], cursor: {} }),
      message(0, body({ insert: name, $db: db }), documents),
      command({ update: name, updates: [{ q: { a: 1 }, u: { $set: { 'a.0': 2 } }, upsert: true }] }),
      query('admin.$cmd', { isMaster: 1, helloOk: true }),
    ];
    for (let round = 0; round < 8; round++) {
      await withClients(40, async (offenders) => {
        for (const offender of offenders) {
          const bytes = Buffer.from(originals[Math.floor(random() * originals.length)] as Buffer);
          bytes.writeUInt8(Math.floor(random() * 256), Math.floor(random() * bytes.length));
          offender.socket.end(bytes);
        }
        await Promise.all(offenders.map((offender) => offender.next()));
      });
    }

    await expectOthersUnharmed(async () => undefined);
    expect(await indexFaults(sut.db.collection(name))).toEqual([]);
  });
});

describeEmbedded('a document that is not well formed', () => {
  const spoil = (name: string, value: number): Buffer =>
    spoilt({ _id: 2, nested: { text: 'abc' }, text: 'abc' }, (bytes) => bytes.writeInt32LE(value, bytes.indexOf(name) + name.length + 1));
  const documents: [string, Buffer, number][] = [
    ['has an inner document with a wrong length', spoil('nested', 900), 22],
    ['has a text with a wrong length', spoil('text', 900), 22],
    ['has a value of an unknown type', spoilt({ _id: 2, a: 1 }, (bytes) => bytes.writeUInt8(0x77, bytes.indexOf('a\0') - 1)), 22],
    ['is nested 200 levels deep', nested(200), 15],
    ['is nested 100,000 levels deep', nested(100_000), 15],
  ];

  it.each(documents)('should be refused, alone of its bulk, when it %s', async (_, bad, code) => {
    const collection = sut.db.collection<{ _id: number }>('not_well_formed');
    await collection.deleteMany({});
    const good = (_id: number): Buffer => Buffer.from(serialize({ _id }));
    const insert = body({ insert: 'not_well_formed', ordered: false, $db: sut.db.databaseName });

    await withClients(1, async ([client]) => {
      expect(await client?.ask(message(0, insert, sequence('documents', [good(1), bad, good(3)])))).toMatchObject({
        n: 2,
        writeErrors: [{ index: 1, code }],
        ok: 1,
      });
    });
    expect(await collection.find().toArray()).toEqual([{ _id: 1 }, { _id: 3 }]);
  });

  it('should be taken when it is nested 100 levels deep', async () => {
    const deep = nested(100);
    await withClients(1, async ([client]) => {
      const insert = message(0, body({ insert: 'deep', $db: sut.db.databaseName }), sequence('documents', [deep]));

      expect(await client?.ask(insert)).toMatchObject({ n: 1, ok: 1 });
    });
    const [stored] = await sut.db.collection('deep').find().toArray();
    expect(serialize({ a: stored?.['a'] })).toEqual(serialize(deserialize(deep)));
  });
});

describe('a command that makes no sense', () => {
  const commands: [string, Document, number[]][] = [
    ['is unknown', { noSuchThing: 1 }, [59]],
    ['has the name of something else', { __proto__: null, constructor: 1 }, [59]],
    ['has an array for a collection', { find: ['c'] }, [73, 14]],
    ['has a number for a collection', { insert: 5, documents: [{}] }, [73, 14]],
    ['has an array for a filter', { find: 'c', filter: [] }, [14]],
    ['has a text for a sort', { find: 'c', sort: 'a' }, [14]],
    ['has a text for a limit', { find: 'c', limit: 'x' }, [14]],
    ['has a negative batch size', { find: 'c', batchSize: -1 }, [51024]],
    ['has an object for documents', { insert: 'c', documents: {} }, [14]],
    ['has numbers for documents', { insert: 'c', documents: [1, 2] }, [14]],
    ['has no documents', { insert: 'c', documents: [] }, [16]],
    ['misses its documents', { insert: 'c' }, [40414]],
    ['has a text for updates', { update: 'c', updates: 'x' }, [14]],
    ['misses the update of an update', { update: 'c', updates: [{ q: {} }] }, [40414]],
    ['misses the limit of a delete', { delete: 'c', deletes: [{ q: {} }] }, [40414]],
    ['has an object for a pipeline', { aggregate: 'c', pipeline: {}, cursor: {} }, [14]],
    ['has a number for a stage', { aggregate: 'c', pipeline: [1], cursor: {} }, [14]],
    ['has a text for a cursor', { getMore: 'x', collection: 'c' }, [14]],
    ['has an unknown cursor', { getMore: { $numberLong: '1' }, collection: 'c' }, [14]],
    ['has an unknown field', { find: 'c', foo: 1 }, [40415]],
    ['has a text for a time limit', { find: 'c', maxTimeMS: 'x' }, [14, 2]],
  ];

  it.each(commands)('should be refused, and the connection kept, when it %s', async (_, document, codes) => {
    const { code } = await refusal(sut.db.command(document));

    expect(codes).toContain(code);
    expect(await sut.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  });
});

describe('the largest document', () => {
  const sized = (bytes: number): { _id: number; text: string } => {
    const empty = serialize({ _id: 1, text: '' }).length;
    return { _id: 1, text: 'x'.repeat(bytes - empty) };
  };

  it('should be stored and answered when it has 16 MiB, and no byte more', async () => {
    const collection = sut.db.collection<{ _id: number; text: string }>('largest');
    await collection.insertOne(sized(LARGEST_DOCUMENT));

    expect((await collection.findOne())?.text).toHaveLength(sized(LARGEST_DOCUMENT).text.length);
    expect((await refusal(collection.insertOne({ ...sized(LARGEST_DOCUMENT + 1), _id: 2 }))).message).toMatch(/object to insert too large/);
    expect(await collection.countDocuments()).toBe(1);
  });

  it('should not grow beyond 16 MiB, neither by an update nor by an upsert', async () => {
    const collection = sut.db.collection<any>('grown');
    await collection.insertOne({ ...sized(LARGEST_DOCUMENT - 50), _id: 1 });
    const more = { $set: { more: 'y'.repeat(100) } };
    const half = 'z'.repeat(LARGEST_DOCUMENT / 2);
    const writes = [
      collection.updateOne({ _id: 1 }, more),
      collection.updateOne({ _id: 1 }, [more]),
      collection.findOneAndUpdate({ _id: 1 }, more),
      collection.updateMany({}, more),
      collection.updateOne({ a: half }, { $set: { b: half } }, { upsert: true }),
    ];

    for (const { code } of await Promise.all(writes.map(refusal))) expect(TOO_LARGE).toContain(code);
    expect(await collection.countDocuments()).toBe(1);
    expect(await collection.countDocuments({ more: { $exists: true } })).toBe(0);
    expect(await collection.updateOne({ _id: 1 }, { $set: { text: 'short' } })).toMatchObject({ modifiedCount: 1 });
  });
});

describeEmbedded('many clients', () => {
  beforeAll(() => sut.db.collection<{ _id: number }>('cursors').insertMany(Array.from({ length: 10 }, (_, _id) => ({ _id }))));

  it('should be served when 200 connections read and write at once', async () => {
    await withClients(200, async (clients) => {
      const answers = await Promise.all(
        clients.map(async (client, i) => {
          const inserted = await client.ask(command({ insert: 'crowd', documents: [{ _id: i, text: `client ${i}` }] }));
          const found = await client.ask(command({ find: 'crowd', filter: { _id: i } }));
          return [inserted, found?.['cursor'].firstBatch];
        }),
      );

      expect(answers).toEqual(clients.map((_, i) => [{ n: 1, ok: 1 }, [{ _id: i, text: `client ${i}` }]]));
    });
    expect(await sut.db.collection('crowd').countDocuments()).toBe(200);
  });

  it('should be served or turned away, but not left waiting, when they are more than a server takes', async () => {
    await withClients(1_500, async (clients) => {
      const answers = await Promise.all(clients.map((client) => client.ask(PING)));
      const served = answers.filter((answer) => answer !== undefined);

      expect(served.length).toBeGreaterThanOrEqual(500);
      expect(served).toEqual(served.map(() => ({ ok: 1 })));
      expect(await clients[0]?.ask(PING)).toEqual({ ok: 1 });
    });

    await expectOthersUnharmed(async () => undefined);
  });

  it('should have 1,000 cursors open, and find the same when these are gone', async () => {
    await withClients(1, async ([client]) => {
      const askAll = async (questions: object[]): Promise<Document[]> => {
        client?.send(Buffer.concat(questions.map(command)));
        const answers: Document[] = [];
        for (const _ of questions) answers.push((await client?.next()) as Document);
        return answers;
      };
      const open = await askAll(Array.from({ length: 1_000 }, () => ({ find: 'cursors', batchSize: 2 })));
      const ids = open.map(({ cursor }) => cursor.id as Long);
      expect(new Set(ids.map(String)).size).toBe(1_000);

      const next = await askAll(ids.slice(0, 500).map((getMore) => ({ getMore, collection: 'cursors', batchSize: 100 })));
      expect(next.map(({ cursor }) => cursor.nextBatch.length)).toEqual(next.map(() => 8));
      const [killed] = await askAll([{ killCursors: 'cursors', cursors: ids }]);
      expect([killed?.['cursorsKilled'].length, killed?.['cursorsNotFound'].length]).toEqual([500, 500]);
      for (const gone of await askAll([ids[0], ids[999]].map((getMore) => ({ getMore, collection: 'cursors' })))) {
        expect(gone).toMatchObject({ ok: 0, code: 43, codeName: 'CursorNotFound' });
      }
    });
    const found = await sut.db.collection('cursors').find({}, { batchSize: 3 }).toArray();
    expect(found.map(({ _id }) => Number(_id))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('should be served after connections broke off with cursors open', async () => {
    await withClients(100, async (clients) => {
      const answers = await Promise.all(clients.map((client) => client.ask(command({ find: 'cursors', batchSize: 2 }))));
      expect(answers).toHaveLength(100);
    });

    expect(await sut.db.collection('cursors').find().toArray()).toHaveLength(10);
  });
});

describeEmbedded('a client that asks and never reads', () => {
  const RESULT = 8;
  const ASKED = 200;
  /** Of memory that is no file's: a server that kept all answers would need 1,600 MB. */
  const MOST_MB = 300;
  const itWithProc = existsSync('/proc/self/statm') ? it : it.skip;
  let program: ServerProgram;
  let server: ServerProcess;
  let client: MongoClient;

  beforeAll(async () => {
    program = new ServerProgram();
    server = await program.start();
    client = await new MongoClient(server.url).connect();
    await client
      .db('lazy')
      .collection('big')
      .insertMany(Array.from({ length: RESULT }, () => ({ text: 'x'.repeat(1_000_000) })));
  });

  afterAll(async () => {
    await client.close();
    await server.stop();
    program.remove();
  });

  function privateMegabytes(): number {
    const [, resident, shared] = readFileSync(`/proc/${server.pid}/statm`, 'utf8').split(' ').map(Number) as [number, number, number];
    return ((resident - shared) * 4_096) / 1_000_000;
  }

  itWithProc('should cost the others nothing, and the server little memory', async () => {
    const lazy = await Promise.all(Array.from({ length: 4 }, () => RawClient.open(server.port)));
    for (const { socket } of lazy) socket.pause();
    const question = message(0, body({ find: 'big', $db: 'lazy' }));
    for (let i = 0; i < ASKED; i++) for (const { socket } of lazy) socket.write(question);

    const db = client.db('lazy');
    let most = 0;
    for (let i = 0; i < 100; i++) {
      await db.collection('small').insertOne({ i });
      expect(await db.collection('small').countDocuments({})).toBe(i + 1);
      most = Math.max(most, privateMegabytes());
    }
    expect(await db.collection('big').countDocuments({})).toBe(RESULT);
    expect(most).toBeLessThan(MOST_MB);

    for (const { socket } of lazy) socket.destroy();
    do await db.command({ ping: 1 });
    while (privateMegabytes() > MOST_MB / 2);
    expect(await db.collection('small').countDocuments({})).toBe(100);
  });

  it('should get all its answers when it reads after all', async () => {
    const late = await RawClient.open(server.port);
    late.socket.pause();
    for (let i = 0; i < 10; i++) late.send(message(0, body({ find: 'big', $db: 'lazy' })));
    await client.db('lazy').command({ ping: 1 });
    late.socket.resume();

    for (let i = 0; i < 10; i++) expect((await late.next())?.['cursor'].firstBatch).toHaveLength(RESULT);
    late.close();
  });

  it('should not keep the server from ending', async () => {
    const other = await program.start();
    const otherClient = await new MongoClient(other.url).connect();
    await otherClient
      .db('lazy')
      .collection('big')
      .insertMany(Array.from({ length: RESULT }, () => ({ text: 'x'.repeat(1_000_000) })));
    await otherClient.close();
    const lazy = await RawClient.open(other.port);
    lazy.socket.pause();
    for (let i = 0; i < 10; i++) lazy.send(message(0, body({ find: 'big', $db: 'lazy' })));

    await expect(other.stop()).resolves.toBeUndefined();
    lazy.close();
  });
});
