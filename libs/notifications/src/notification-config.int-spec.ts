import { TaskService } from '@app/tasks';
import { NotificationConfigService } from './config/notification-config.service.js';
import { NoticeService } from './delivery/notice.service.js';
import { ACTOR, NotificationsFixture } from '../test/notifications.fixture.js';

describe(NotificationConfigService.name, () => {
  let fixture: NotificationsFixture;
  let sut: NotificationConfigService;

  beforeAll(async () => {
    fixture = await NotificationsFixture.start();
    sut = fixture.get(NotificationConfigService);
  });
  afterAll(() => fixture.close());

  it('should keep what was written and what the templates ask for', async () => {
    const config = await sut.create({ name: 'Nhắc cước', subject: 'Cước {month}', bodyTemplate: '{{ amount | currency }} {note}' }, ACTOR);
    expect(await sut.get(config.id)).toEqual(config);
    expect(config).toMatchObject({
      notificationType: 'info',
      isActive: true,
      version: 1,
      createdBy: ACTOR.id,
      topicVariables: null,
      emailTemplate: null,
      variables: [
        { name: 'month', required: true, source: 'data' },
        { name: 'amount', required: true, source: 'data' },
        { name: 'note', required: true, source: 'data' },
      ],
    });
  });

  it('should refuse a taken name whatever its case, on create and on change', async () => {
    const one = await sut.create({ name: 'Tên Một', bodyTemplate: 'x' }, ACTOR);
    await expect(sut.create({ name: 'TÊN MỘT', bodyTemplate: 'x' }, ACTOR)).rejects.toMatchObject({
      code: 'NOTIFICATION_CONFIG_NAME_TAKEN',
    });
    const two = await sut.create({ name: 'Tên Hai', bodyTemplate: 'x' }, ACTOR);
    await expect(sut.merge(two.id, { name: one.name })).rejects.toMatchObject({ code: 'NOTIFICATION_CONFIG_NAME_TAKEN' });
  });

  it('should refuse faulty templates and store nothing', async () => {
    await expect(sut.create({ name: 'Hỏng', bodyTemplate: '{% include "x" %}' }, ACTOR)).rejects.toMatchObject({
      code: 'TEMPLATE_INVALID',
    });
    expect((await sut.list({ search: 'hong' }, { limit: 10 })).items).toEqual([]);
  });

  it('should land every one of many changes of different fields', async () => {
    const { id } = await sut.create({ name: 'Nhiều người sửa', bodyTemplate: 'x' }, ACTOR);
    await Promise.all([
      sut.merge(id, { subject: 'S' }),
      sut.merge(id, { bodyTemplate: 'B {a}' }),
      sut.merge(id, { isActive: false }),
      sut.merge(id, { topicVariables: ['a'] }),
      sut.merge(id, { description: 'D' }),
    ]);
    expect(await sut.get(id)).toMatchObject({
      subject: 'S',
      bodyTemplate: 'B {a}',
      isActive: false,
      topicVariables: ['a'],
      description: 'D',
      version: 6,
    });
    expect(await sut.merge(id, { subject: null })).toMatchObject({ subject: null, version: 7 });
    expect(await sut.replace(id, { name: 'Mới', bodyTemplate: 'y' })).toMatchObject({
      description: null,
      isActive: true,
      topicVariables: null,
      version: 8,
    });
  });

  it('should find by words without marks, by type and by activity, page by page', async () => {
    for (const n of [1, 2, 3])
      await sut.create({ name: `Khuyến mãi Tết ${n}`, bodyTemplate: 'x', notificationType: 'promotion', isActive: n > 1 }, ACTOR);
    const filter = { search: 'tet khuyen', notificationType: 'promotion' as const };
    const first = await sut.list(filter, { limit: 2, includeTotal: true });
    const second = await sut.list(filter, { limit: 2, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['Khuyến mãi Tết 3', 'Khuyến mãi Tết 2', 'Khuyến mãi Tết 1']);
    expect(first.total).toBe(3);
    expect((await sut.list({ ...filter, isActive: false }, { limit: 9 })).items).toHaveLength(1);
    expect((await sut.list({ search: '.*(' }, { limit: 9 })).items).toEqual([]);
  });

  it('should be removed only while nothing is being sent with it', async () => {
    const [customer] = await fixture.customers(1);
    const config = await fixture.config();
    const { task } = await fixture.delivery.start(
      {
        audience: { kind: 'customers', ids: [customer?.id ?? ''] },
        configId: config.id,
        data: {},
        notificationType: null,
        strict: false,
        perSecond: null,
      },
      ACTOR,
    );
    await expect(sut.remove(config.id)).rejects.toMatchObject({ code: 'NOTIFICATION_CONFIG_IN_USE' });
    await fixture.collection('tasks').updateOne({ jobId: task.jobId }, { $set: { status: 'completed' } });
    await fixture.get(TaskService).remove(task.jobId, ACTOR);
    await sut.remove(config.id);
    await expect(sut.get(config.id)).rejects.toMatchObject({ code: 'NOTIFICATION_CONFIG_NOT_FOUND' });
    await expect(sut.remove(config.id)).rejects.toMatchObject({ code: 'NOTIFICATION_CONFIG_NOT_FOUND' });
  });

  it('should preview as it would send', async () => {
    const [customer] = await fixture.customers(1, () => ({ fullName: 'Lê An', metadata: { amount: '275000' } }));
    const config = await fixture.config({ subject: null, bodyTemplate: '{customer_name}: {{ amount | currency }} {gap}' });
    const sutNotices = fixture.get(NoticeService);
    expect(await sutNotices.preview({ configId: config.id, customerId: customer?.id ?? '', data: {} })).toMatchObject({
      subject: null,
      body: 'Lê An: 275.000 đ',
      missing: ['gap'],
    });
    expect(await sutNotices.preview({ subject: '{customer_name}', bodyTemplate: 'x', data: {} })).toMatchObject({
      subject: null,
      body: 'x',
      missing: ['customer_name'],
    });
    await expect(sutNotices.preview({ bodyTemplate: '{{ x() }}', data: {} })).rejects.toMatchObject({ code: 'TEMPLATE_INVALID' });
    await expect(sutNotices.preview({ bodyTemplate: '{{ x | date }}', data: { x: 'mai' } })).rejects.toMatchObject({
      code: 'TEMPLATE_VALUE_INVALID',
    });
    await expect(sutNotices.preview({ data: {} })).rejects.toMatchObject({ code: 'PREVIEW_SOURCE_INVALID' });
  });
});
