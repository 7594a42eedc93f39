import { mongo, type Connection } from 'mongoose';

type Command = Record<string, unknown>;

/** Commands that look documents up, and the part of an explained write that holds the lookup. */
const LOOKUPS = new Set(['find', 'aggregate', 'count', 'distinct', 'update', 'delete', 'findAndModify']);
/** What a driver adds to every command. */
const ENVELOPE = new Set([
  'lsid',
  '$db',
  '$readPreference',
  '$clusterTime',
  'txnNumber',
  'maxTimeMS',
  'comment',
  'batchSize',
  'singleBatch',
]);
/** The driver itself looks whether a GridFS bucket is empty. */
const DRIVERS_OWN = /^uploads\.files$/;

const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null || '_bsontype' in value || value instanceof Date) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
};

const scans = (plan: unknown): boolean => {
  if (Array.isArray(plan)) return plan.some(scans);
  if (typeof plan !== 'object' || plan === null) return false;
  return ('stage' in plan && plan.stage === 'COLLSCAN') || Object.values(plan).some(scans);
};

/** Notes each kind of lookup that a connection sends, and asks the server afterwards how it would carry it out. */
export class QueryRecorder {
  private readonly seen = new Map<string, Command>();

  constructor(private readonly connection: Connection) {
    this.observe(connection);
  }

  /** Listens to one more connection; it must have been opened with `monitorCommands`. */
  observe(connection: Connection): void {
    connection.getClient().on('commandStarted', ({ commandName, command }: mongo.CommandStartedEvent) => {
      if (!LOOKUPS.has(commandName)) return;
      const sent = mongo.BSON.deserialize(mongo.BSON.serialize(command), { promoteValues: false });
      for (const lookup of this.lookupsOf(commandName, sent)) {
        const key = JSON.stringify([lookup[commandName], shapeOf(lookup)]);
        if (!this.seen.has(key)) this.seen.set(key, lookup);
      }
    });
  }

  /** The lookups seen so far that walk a whole collection, one line each. */
  async collectionScans(): Promise<string[]> {
    const found: string[] = [];
    for (const lookup of [...this.seen.values()]) {
      const explained = await this.connection.db?.command({ explain: lookup, verbosity: 'queryPlanner' });
      if (scans(explained)) found.push(JSON.stringify(lookup));
    }
    return found;
  }

  private lookupsOf(name: string, command: Command): Command[] {
    const collection = command[name];
    if (typeof collection !== 'string' || DRIVERS_OWN.test(collection)) return [];
    const bare = Object.fromEntries(Object.entries(command).filter(([key]) => !ENVELOPE.has(key)));
    const writes = (command['updates'] ?? command['deletes']) as Command[] | undefined;
    if (!writes) return [bare];
    return writes.map((write) =>
      command['updates'] ? { update: collection, updates: [write] } : { delete: collection, deletes: [write] },
    );
  }
}
