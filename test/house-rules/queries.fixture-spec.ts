import type { Page, PageRequest } from '@app/common';
import { parseConfig } from '@app/config';
import { FixedClock } from '@app/testing';
import { Types, type Connection, type Model, type Schema } from 'mongoose';
import { MemoryRepository } from '../../libs/chat-memory/src/memory.repository.js';
import { CUSTOMER_MEMORY, customerMemorySchema, MEMORY_FACTS, memoryFactSchema } from '../../libs/chat-memory/src/memory.schema.js';
import { MessageRepository, type NewMessage } from '../../libs/chat-memory/src/message.repository.js';
import { MESSAGES, messageSchema } from '../../libs/chat-memory/src/message.schema.js';
import { SessionRepository } from '../../libs/chat-memory/src/session.repository.js';
import { SESSIONS, sessionSchema } from '../../libs/chat-memory/src/session.schema.js';
import type { CustomerContent, CustomerFilter, CustomerSort } from '../../libs/customers/src/customer.js';
import { CustomerRepository } from '../../libs/customers/src/customer.repository.js';
import { ErasedEmailRepository } from '../../libs/customers/src/erased-email.repository.js';
import { ErasedEmailRecord, ErasedEmailSchema } from '../../libs/customers/src/erased-email.schema.js';
import { CustomerRecord, CustomerSchema } from '../../libs/customers/src/customer.schema.js';
import { ImportCustomerRepository } from '../../libs/customers/src/import/import-customer.repository.js';
import { ImportRowRepository } from '../../libs/customers/src/import/import-row.repository.js';
import { ImportRowRecord, ImportRowSchema } from '../../libs/customers/src/import/import-row.schema.js';
import { UploadFileRecord, UploadFileSchema } from '../../libs/customers/src/import/upload.schema.js';
import { UploadStore } from '../../libs/customers/src/import/upload.store.js';
import { ErasureRepository } from '../../libs/erasure/src/erasure.repository.js';
import { ErasureRecord, ErasureSchema } from '../../libs/erasure/src/erasure.schema.js';
import { IdempotencyRepository } from '../../libs/idempotency/src/idempotency.repository.js';
import { IdempotencyRecord, IdempotencySchema } from '../../libs/idempotency/src/idempotency.schema.js';
import type { NotificationConfig } from '../../libs/notifications/src/config/notification-config.js';
import { NotificationConfigRepository } from '../../libs/notifications/src/config/notification-config.repository.js';
import {
  configSchema,
  configVersionSchema,
  NOTIFICATION_CONFIG_VERSIONS,
  NOTIFICATION_CONFIGS,
  type ConfigVersionDocument,
} from '../../libs/notifications/src/config/notification-config.schema.js';
import { HistoryRepository } from '../../libs/notifications/src/delivery/history.repository.js';
import { LedgerRepository } from '../../libs/notifications/src/delivery/ledger.repository.js';
import { NoticeRepository } from '../../libs/notifications/src/delivery/notice.repository.js';
import { NOTIFICATIONS, notificationSchema } from '../../libs/notifications/src/delivery/notification.schema.js';
import { TaskBatchRepository } from '../../libs/tasks/src/task-batch.repository.js';
import { TASK_BATCH_MODEL, taskBatchSchema } from '../../libs/tasks/src/task-batch.schema.js';
import { TaskStatsService } from '../../libs/tasks/src/task-stats.service.js';
import { TaskRepository } from '../../libs/tasks/src/task.repository.js';
import { TASK_MODEL, taskSchema, type TaskDocument } from '../../libs/tasks/src/task.schema.js';
import { UserRepository } from '../../libs/users/src/user.repository.js';
import { UserRecord, UserSchema } from '../../libs/users/src/user.schema.js';

const clock = new FixedClock();
const NOW = clock.now();
const LATER = new Date(NOW.getTime() + 3_600_000);

const id = (n: number): string => n.toString(16).padStart(24, '0');
const oid = (n: number): Types.ObjectId => new Types.ObjectId(id(n));
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items);
};

/** All that a caller can ask of a list: its first page with the total, the next one, and one by offset. */
async function walk(list: (page: PageRequest) => Promise<Page<unknown>>): Promise<void> {
  const { nextCursor } = await list({ limit: 2, includeTotal: true });
  if (nextCursor !== null) await list({ limit: 2, cursor: nextCursor });
  await list({ limit: 2, skip: 2 });
}
const walkEach = async <F>(filters: readonly F[], list: (filter: F, page: PageRequest) => Promise<Page<unknown>>): Promise<void> => {
  for (const filter of filters) await walk((page) => list(filter, page));
};

const customer = (n: number): CustomerContent => ({
  email: `khach${n}@example.vn`,
  fullName: `Khách ${n}`,
  phone: null,
  company: n % 2 ? 'FPT' : 'VNG',
  position: null,
  address: null,
  city: n % 3 ? 'Huế' : 'Hà Nội',
  country: null,
  language: 'vi',
  tags: n % 4 ? ['vip'] : [],
  metadata: {},
  isActive: n % 5 !== 0,
});
const keyed = (n: number) => ({
  scope: 'scope',
  key: `key${n}`,
  requestHash: 'hash',
  resourceId: id(n),
  customerId: id(n),
  token: 'token',
  until: NOW,
  createdAt: NOW,
});
const ONE = { search: 'khach example', tag: 'vip', city: 'Huế', company: 'FPT' };
const CUSTOMER_FILTERS: CustomerFilter[] = [
  {},
  { isActive: true },
  ...Object.entries(ONE).map(([name, value]) => ({ [name]: value })),
  { ...ONE, isActive: false },
];
const config = (n: number) => ({
  name: `Config ${n}`,
  description: null,
  subject: null,
  bodyTemplate: 'Chào',
  emailTemplate: null,
  notificationType: 'info' as const,
  topicVariables: null,
  isActive: true,
  variables: [],
});
const message = (n: number, more: Partial<NewMessage> = {}): NewMessage => ({
  sessionId: id(n % 5),
  customerId: id(n % 5),
  role: 'user',
  kind: 'chat',
  text: 'chào',
  fold: 'chao',
  terms: ['chao'],
  status: 'complete',
  createdAt: NOW,
  ...more,
});
const task = (n: number): Omit<TaskDocument, '_id' | 'createdAt' | 'updatedAt'> => ({
  jobId: `job${n}`,
  name: n % 2 ? 'import_customers' : 'send_notification',
  status: (['pending', 'running', 'completed'] as const)[n % 3] ?? 'pending',
  progress: 0,
  processedItems: 0,
  failedItems: 0,
  parameters: { configId: id(n) },
  attempt: 1,
  enqueues: 1,
  enqueuedAt: NOW,
  base: { processed: 0, failed: 0 },
  createdBy: id(n % 3),
  deaths: 0,
  version: 1,
  ...(n % 3 === 1 && { heartbeatAt: NOW, runToken: 'run' }),
});
const entry = (n: number) => ({ id: id(n), customerId: id(n % 5), data: {}, verdict: { status: 'sending' as const, content } });
const content = { subject: null, body: 'Chào', fold: 'chao', terms: [], slots: [], topicKey: 'k', lang: 'vi' };
const facts = { jobId: 'job0', configId: id(0), configVersion: 1, notificationType: 'info' as const };
const fresh = 1_000;

type Calls<R> = { [M in keyof R]: (sut: R) => unknown };
export interface Subject {
  make: (on: Connection) => object;
  calls: Record<string, (sut: object) => unknown>;
}
/** A class with all its methods: one without a call does not compile. */
const subject = <R extends object>(make: (on: Connection) => R, calls: Calls<R>): Subject => ({ make, calls: calls as Subject['calls'] });
const model = <T>(on: Connection, name: string, schema: unknown): Model<T> => on.model<T>(name, schema as Schema<T>);

/** The classes that query, by name. The calls run in this order on one database, so each class begins with what fills its collection. */
export const SUBJECTS: Record<string, Subject> = {
  [UserRepository.name]: subject((on) => new UserRepository(model(on, UserRecord.name, UserSchema)), {
    isEmpty: (sut) => sut.isEmpty(),
    insert: (sut) => {
      const user = { username: 'An', usernameFold: 'an', email: 'a@b.vn', emailFold: 'a@b.vn', fullName: 'An', passwordHash: 'x' };
      return sut.insert({ ...user, isActive: true, isSuperuser: false, tokenVersion: 0 });
    },
    findById: (sut) => sut.findById(id(1)),
    findByName: async (sut) => [await sut.findByName('an'), await sut.findByName('a@b.vn')],
  }),
  [ErasureRepository.name]: subject((on) => new ErasureRepository(model(on, ErasureRecord.name, ErasureSchema)), {
    begin: (sut) => Promise.all(times(5, (n) => sut.begin(`hmac${n}`, { customerId: id(n), emailKey: `khach${n}@example.vn` }, NOW))),
    withdraw: (sut) => sut.withdraw(id(1)),
    findBegun: (sut) => sut.findBegun('hmac1'),
    listBegun: (sut) => sut.listBegun(LATER, 2),
    listErased: (sut) => sut.listErased(LATER, 2),
    markErased: (sut) => sut.markErased(id(1), { messages: 1 }, NOW),
    markDone: (sut) => sut.markDone(id(1), { messages: 1 }, NOW),
  }),
  [CustomerRepository.name]: subject((on) => new CustomerRepository(model(on, CustomerRecord.name, CustomerSchema), clock), {
    insert: async (sut) => {
      for (const content of times(40, customer)) await sut.insert(content);
    },
    findById: (sut) => sut.findById(id(1)),
    findByIds: (sut) => sut.findByIds([id(1), id(2)]),
    existingIds: (sut) => sut.existingIds([id(1), id(2)]),
    replace: (sut) => sut.replace(id(1), 1, customer(1)),
    list: async (sut) => {
      const filters = CUSTOMER_FILTERS;
      const fields = ['createdAt', 'fullName', 'email'] as const;
      const sorts: CustomerSort[] = fields.flatMap(
        (field) =>
          [
            { field, direction: 1 },
            { field, direction: -1 },
          ] as const,
      );
      await walkEach(sorts, (sort, page) => sut.list({}, sort, page));
      for (const field of fields) await walkEach(filters, (filter, page) => sut.list(filter, { field, direction: -1 }, page));
    },
    audience: async (sut) => {
      for (const filter of [{}, { tag: 'vip' }, { city: 'Huế', company: 'FPT', language: 'vi' }]) {
        await sut.audience({ filter, upToId: id(99), limit: 2 });
        await sut.audience({ filter, afterId: id(1), upToId: id(99), limit: 2 });
      }
    },
    countAudience: async (sut) => [await sut.countAudience({}, id(99)), await sut.countAudience({ tag: 'vip' }, id(99))],
    highestId: (sut) => sut.highestId(),
    batches: async (sut) => {
      for (const filter of CUSTOMER_FILTERS) await drain(sut.batches(filter));
    },
    metadataKeys: async (sut) => {
      for (const filter of CUSTOMER_FILTERS) await sut.metadataKeys(filter, 5);
    },
    markErased: (sut) => sut.markErased(id(1), 1),
    purge: (sut) => sut.purge(id(1)),
  }),
  [ErasedEmailRepository.name]: subject(
    (on) => new ErasedEmailRepository(model(on, ErasedEmailRecord.name, ErasedEmailSchema), clock, parseConfig({})),
    {
      remember: (sut) => Promise.all(times(20, (n) => sut.remember(`khach${n}`))),
      among: (sut) => sut.among(['khach1', 'nobody'], NOW),
    },
  ),
  [ImportCustomerRepository.name]: subject((on) => new ImportCustomerRepository(model(on, CustomerRecord.name, CustomerSchema), clock), {
    write: (sut) => {
      const versions = [[fresh, 0], [1, 1], [2, 99]] as const; // prettier-ignore
      const writes = versions.map(([n, version]) => ({ id: id(n), version, content: customer(n) }));
      return drain(sut.write(writes, { jobId: 'job0', batch: 0 }));
    },
    findByEmails: (sut) => sut.findByEmails(['khach1@example.vn', 'nobody']),
    findErasures: (sut) => sut.findErasures([id(1), id(fresh)]),
  }),
  [ImportRowRepository.name]: subject((on) => new ImportRowRepository(model(on, ImportRowRecord.name, ImportRowSchema), clock), {
    saveHeader: (sut) => sut.saveHeader('job0', ['email']),
    saveRejected: (sut) =>
      sut.saveRejected(
        'job0',
        times(20, (n) => ({ row: n + 1, cells: ['x'], faults: [], emailKey: `khach${n}` })),
      ),
    findHeader: (sut) => sut.findHeader('job0'),
    rejected: async (sut) => {
      await drain(sut.rejected('job0'));
      await drain(sut.rejected('job0', 2));
    },
    deleteByEmail: (sut) => sut.deleteByEmail('khach1'),
  }),
  [IdempotencyRepository.name]: subject((on) => new IdempotencyRepository(model(on, IdempotencyRecord.name, IdempotencySchema)), {
    insert: (sut) => Promise.all(times(20, (n) => sut.insert(keyed(n)))),
    find: (sut) => sut.find('scope', 'key1'),
    takeOver: (sut) => sut.takeOver({ ...keyed(1), _id: oid(1) }, { token: 'next', until: LATER }),
    keepReply: (sut) => sut.keepReply('scope', 'key2', 'token', { status: 200, headers: {}, body: '' }),
    release: (sut) => sut.release('scope', 'key3', 'token', NOW),
    expire: (sut) => sut.expire({ ...keyed(4), _id: oid(4) }),
    erase: (sut) => sut.erase(id(5)),
  }),
  [UploadStore.name]: subject((on) => (model(on, UploadFileRecord.name, UploadFileSchema), new UploadStore(on)), {
    save: (sut) => sut.save(__filename, 'job0', 'utf-8'),
    open: async (sut) => {
      const [file] = await sut.listOlder(new Date(Date.now() + 1_000), 1);
      await drain((await sut.open(file?.id ?? '')).bytes());
    },
    listOlder: (sut) => sut.listOlder(LATER, 2),
    removeUnfinished: (sut) => sut.removeUnfinished(LATER),
    remove: async (sut) => sut.remove(await sut.save(__filename, 'job1', 'utf-8')),
  }),
  [NotificationConfigRepository.name]: subject(
    (on) => {
      const versions = model<ConfigVersionDocument>(on, NOTIFICATION_CONFIG_VERSIONS, configVersionSchema);
      return new NotificationConfigRepository(model(on, NOTIFICATION_CONFIGS, configSchema), versions, clock);
    },
    {
      insert: (sut) => Promise.all(times(20, (n) => sut.insert(config(n), id(1)))),
      replace: (sut) => sut.replace(id(1), 1, config(1)),
      findById: (sut) => sut.findById(id(1)),
      namesOf: (sut) => sut.namesOf([id(1), id(2)]),
      list: (sut) => {
        const filters = [{}, { search: 'con 1' }, { notificationType: 'info' as const }, { isActive: true }];
        return walkEach([...filters, Object.assign({}, ...filters) as object], (filter, page) => sut.list(filter, page));
      },
      delete: (sut) => sut.delete(id(1)),
      keepVersion: (sut) => sut.keepVersion({ ...config(1), id: id(1), version: 1 } as unknown as NotificationConfig),
      findVersion: (sut) => sut.findVersion(id(1), 1),
    },
  ),
  [LedgerRepository.name]: subject((on) => new LedgerRepository(model(on, NOTIFICATIONS, notificationSchema), clock), {
    insert: async (sut) => {
      for (const job of times(8, (n) => n))
        await sut.insert(
          { ...facts, jobId: `job${job}` },
          times(5, (n) => entry(job * 5 + n)),
        );
    },
    findRows: (sut) => sut.findRows([id(1), id(2)]),
    takeUp: (sut) => sut.takeUp([id(1), id(2)]),
    fill: (sut) => sut.fill([{ id: id(1), data: {}, content }]),
    close: (sut) => sut.close([{ id: id(1), verdict: { status: 'cancelled' } }]),
    markSent: (sut) => sut.markSent(new Map(times(30, (n) => [id(n), { sessionId: id(1), messageId: id(1) }]))),
    withdraw: (sut) => sut.withdraw([id(39)]),
    eraseCustomer: (sut) => sut.eraseCustomer(id(4)),
    countByStatus: (sut) => sut.countByStatus('job0'),
    findFailed: (sut) => sut.findFailed('job0', 2),
  }),
  [HistoryRepository.name]: subject((on) => new HistoryRepository(model(on, NOTIFICATIONS, notificationSchema), clock), {
    list: (sut) => {
      const ids = { customerId: id(1), jobId: 'job1', configId: id(0) };
      const kinds = { status: 'sent' as const, notificationType: 'info' as const };
      const range = { from: new Date(0), to: LATER };
      const single = Object.entries({ ...ids, ...kinds }).map(([name, value]) => ({ [name]: value }));
      return walkEach([{}, range, ...single, { ...kinds, ...range }, { ...ids, ...kinds, ...range }], (filter, page) =>
        sut.list(filter, page),
      );
    },
    findById: (sut) => sut.findById(id(1)),
    recordReceipt: async (sut) => [await sut.recordReceipt(id(2), 'delivered', NOW), await sut.recordReceipt(id(2), 'read', NOW)],
    groups: async (sut) => {
      const range = { from: new Date(0), to: LATER };
      await sut.groups(range, 'Asia/Ho_Chi_Minh');
      await sut.groups({ ...range, configId: id(0), notificationType: 'info' }, 'Asia/Ho_Chi_Minh');
    },
  }),
  [NoticeRepository.name]: subject((on) => new NoticeRepository(model(on, NOTIFICATIONS, notificationSchema)), {
    findReached: (sut) => sut.findReached(id(1)),
    recordReply: (sut) => sut.recordReply(id(1), LATER),
  }),
  [SessionRepository.name]: subject((on) => new SessionRepository(model(on, SESSIONS, sessionSchema)), {
    insertOpen: (sut) => sut.insertOpen(times(40, id), NOW),
    findById: (sut) => sut.findById(id(1)),
    findOpen: (sut) => sut.findOpen([id(1), id(2)]),
    closeIdle: async (sut) => [await sut.closeIdle(NOW, LATER, [id(1)]), await sut.closeIdle(NOW, LATER)],
    close: (sut) => sut.close(id(1), NOW),
    claim: async (sut) => {
      const claim = { turnId: 'turn', token: 'token', until: NOW };
      for (const evenClosed of [true, false]) await sut.claim(id(1), claim, NOW, evenClosed);
    },
    renew: (sut) => sut.renew(id(1), 'token', LATER),
    release: (sut) => sut.release(id(1), 'token', { lastSeq: 1, at: NOW }),
    findAbandoned: (sut) => sut.findAbandoned(LATER, 10),
    advance: (sut) => sut.advance([{ sessionId: id(1), lastSeq: 1, at: NOW }], NOW),
    setNeedsHuman: (sut) => sut.setNeedsHuman(id(1), true, NOW),
    exists: (sut) => sut.exists(id(1)),
    list: (sut) => {
      const filters = [{ isOpen: true }, { needsHuman: false }, { isOpen: true, needsHuman: false }];
      return walkEach([{}, ...filters, ...filters.map((filter) => ({ ...filter, customerId: id(1) }))], (filter, page) =>
        sut.list(filter, page),
      );
    },
    count: (sut) => sut.count(id(1)),
    idsOf: (sut) => sut.idsOf([id(1)]),
    revoke: (sut) => sut.revoke([id(1)], NOW),
    deleteById: (sut) => sut.deleteById(id(1)),
    deleteOf: (sut) => sut.deleteOf([id(39)]),
  }),
  [MessageRepository.name]: subject((on) => new MessageRepository(model(on, MESSAGES, messageSchema)), {
    insertFrom: async (sut) => [
      await sut.insertFrom(1, message(0, { turnId: 'turn', role: 'assistant', token: 't' })),
      await sut.insertFrom(1, message(0)),
    ],
    insertMany: (sut) =>
      sut.insertMany(times(40, (n) => ({ seq: n + 10, message: message(n, { notificationId: id(n), role: 'notification' }) }))),
    findByClientId: (sut) => sut.findByClientId(id(1), 'client'),
    findReply: (sut) => sut.findReply('turn'),
    findByNotification: (sut) => sut.findByNotification([id(1), id(2)]),
    findRecent: (sut) => sut.findRecent(id(1), 90, 2),
    findSaid: (sut) => sut.findSaid(id(1), 2),
    findLastReply: (sut) => sut.findLastReply(id(1)),
    reopen: (sut) => sut.reopen('turn', 'token', NOW),
    settle: (sut) => sut.settle('turn', 'token', { status: 'complete' }, NOW),
    history: (sut) => {
      const whose = [{ customerId: id(1) }, { sessionId: id(1) }, { customerId: id(1), sessionId: id(1) }];
      return walkEach([...whose, ...whose.flatMap((one) => [true, false].map((isNotice) => ({ ...one, isNotice })))], (filter, page) =>
        sut.history(filter, page),
      );
    },
    count: async (sut) => [await sut.count({ customerId: id(1) }), await sut.count({ customerId: id(1), role: 'notification' })],
    countBySession: (sut) => sut.countBySession([id(1), id(2)]),
    deleteOfSessions: (sut) => sut.deleteOfSessions([id(1)]),
    deleteOf: (sut) => sut.deleteOf([id(2)]),
  }),
  [MemoryRepository.name]: subject(
    (on) => new MemoryRepository(model(on, CUSTOMER_MEMORY, customerMemorySchema), model(on, MEMORY_FACTS, memoryFactSchema)),
    {
      raiseVersions: (sut) => sut.raiseVersions(times(20, id)),
      countFacts: (sut) => sut.countFacts(id(1)),
      deleteOf: (sut) => sut.deleteOf([id(1)]),
    },
  ),
  [TaskRepository.name]: subject((on) => new TaskRepository(model(on, TASK_MODEL, taskSchema)), {
    insert: (sut) => Promise.all(times(40, (n) => sut.insert(task(n)))),
    find: (sut) => sut.find('job1'),
    page: (sut) => {
      const range = { from: new Date(0), to: LATER };
      const single = [{ status: 'pending' as const }, { name: 'send_notification' as const }, { createdBy: id(1) }, range];
      return walkEach([{}, ...single, Object.assign({}, ...single) as object], (filter, page) => sut.page(filter, page));
    },
    claim: async (sut) => sut.claim((await sut.find('job0')) ?? fail('no task'), 'token', NOW),
    handBack: (sut) => sut.handBack('job0', 'token'),
    beat: async (sut) => [await sut.beat('job0', { runToken: 'token' }, NOW), await sut.beat('job0', { attempt: 1 }, NOW)],
    saveCheckpoint: (sut) => sut.saveCheckpoint('job0', 'token', {}, { processed: 1, failed: 0 }, NOW),
    markPlanned: (sut) => sut.markPlanned('job0', 'token', 5),
    raiseCounters: (sut) => sut.raiseCounters('job0', 1, { processed: 1, failed: 0 }),
    finish: async (sut) => {
      for (const status of ['completed', 'failed'] as const) await sut.finish('job0', 'token', status, {}, NOW);
    },
    requestCancel: (sut) => sut.requestCancel('job1', NOW),
    cancelPending: (sut) => sut.cancelPending('job3', NOW),
    claimEnqueue: (sut) => sut.claimEnqueue('job6', 1, NOW),
    findStranded: (sut) => sut.findStranded(LATER, LATER),
    deleteFinal: (sut) => sut.deleteFinal('job2'),
    exists: async (sut) => {
      const parameter = { name: 'configId', value: id(1) };
      await sut.exists({ name: 'send_notification', parameter });
      await sut.exists({ name: 'send_notification', statuses: ['completed'], parameter });
    },
  }),
  [TaskBatchRepository.name]: subject((on) => new TaskBatchRepository(model(on, TASK_BATCH_MODEL, taskBatchSchema)), {
    insert: (sut) =>
      sut.insert(
        'job0',
        1,
        times(20, (batch) => ({ batch, items: [id(batch)], ids: [id(batch)], plan: { ids: [id(batch)] } })),
      ),
    find: (sut) => sut.find('job0', 1, 0),
    last: (sut) => sut.last('job0', 1),
    claim: (sut) => sut.claim('job0', 1, 0, 'token'),
    countFailure: (sut) => sut.countFailure('job0', 1, 0, 'token'),
    close: (sut) => sut.close('job0', 1, 0, 'token', { processed: 1, failed: 0 }),
    sums: (sut) => sut.sums('job0', 1),
    openNumbers: (sut) => sut.openNumbers('job0', 1, 5),
    open: (sut) => drain(sut.open('job0', 1)),
    any: (sut) => sut.any('job0'),
    deleteOf: (sut) => sut.deleteOf('job9'),
    erase: (sut) => sut.erase(id(1)),
  }),
  [TaskStatsService.name]: subject((on) => new TaskStatsService(model(on, TASK_MODEL, taskSchema), parseConfig({}), clock), {
    overview: (sut) => sut.overview(),
    recent: (sut) => sut.recent(7),
  }),
};

/** What the calls look up but no repository writes. */
export async function seed(on: Connection): Promise<void> {
  const made = { createdAt: NOW, updatedAt: NOW };
  await on.collection<object>('customers').insertMany(times(40, (n) => ({ _id: oid(n), ...made, erasedAt: NOW, version: 1 })));
  await on.collection<object>('memory_facts').insertMany(times(20, (n) => ({ customerId: oid(n), key: 'k', status: 'active', ...made })));
}
