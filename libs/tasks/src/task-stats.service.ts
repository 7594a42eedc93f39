import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Clock } from '@app/common';
import { Config } from '@app/config';
import { TASK_NAMES, type TaskName } from '@app/jobs';
import type { Model } from 'mongoose';
import { TASK_MODEL, type TaskDocument } from './task.schema.js';
import { FINAL_STATUSES, TASK_STATUSES, type TaskStatus } from './task.js';

/** How the tasks of one name ended. Durations are of completed tasks; null while there are none. */
export interface TaskNameStats {
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  averageDurationMs: number | null;
}

export interface TaskOverview extends Record<TaskStatus, number> {
  total: number;
  /** Completed tasks over ended ones, 0 to 1; null while none has ended. */
  successRate: number | null;
  averageDurationMs: number | null;
  /** Over the newest thousand completed tasks. */
  p95DurationMs: number | null;
  itemsProcessed: number;
  byTaskName: Record<TaskName, TaskNameStats>;
}

export interface TaskDay {
  /** YYYY-MM-DD in the configured time zone. */
  date: string;
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  averageDurationMs: number | null;
}

interface Group {
  _id: { name: TaskName; status: TaskStatus; date?: string };
  count: number;
  items: number;
  durationMs: number;
}

const DAY_MS = 86_400_000;
const DURATION_SAMPLE = 1_000;

const sum = (groups: readonly Group[], pick: (group: Group) => number): number => groups.reduce((total, group) => total + pick(group), 0);
const count = (groups: readonly Group[], status: TaskStatus): number =>
  sum(groups, (group) => (group._id.status === status ? group.count : 0));

function averageDuration(groups: readonly Group[]): number | null {
  const completed = groups.filter((group) => group._id.status === 'completed');
  const tasks = sum(completed, (group) => group.count);
  return tasks === 0 ? null : Math.round(sum(completed, (group) => group.durationMs) / tasks);
}

const endings = (groups: readonly Group[]): TaskNameStats => ({
  total: sum(groups, (group) => group.count),
  completed: count(groups, 'completed'),
  failed: count(groups, 'failed'),
  cancelled: count(groups, 'cancelled'),
  averageDurationMs: averageDuration(groups),
});

/** Counts over task records, from the database at the time of asking. */
@Injectable()
export class TaskStatsService {
  constructor(
    @InjectModel(TASK_MODEL) private readonly model: Model<TaskDocument>,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async overview(): Promise<TaskOverview> {
    const [groups, p95DurationMs] = await Promise.all([this.groups({ status: { $in: [...TASK_STATUSES] } }, {}), this.p95()]);
    const ended = sum(groups, (group) => (FINAL_STATUSES.includes(group._id.status) ? group.count : 0));
    const byStatus = Object.fromEntries(TASK_STATUSES.map((status) => [status, count(groups, status)])) as Record<TaskStatus, number>;
    return {
      total: sum(groups, (group) => group.count),
      ...byStatus,
      successRate: ended === 0 ? null : count(groups, 'completed') / ended,
      averageDurationMs: averageDuration(groups),
      p95DurationMs,
      itemsProcessed: sum(groups, (group) => group.items),
      byTaskName: Object.fromEntries(
        TASK_NAMES.map((name) => [name, endings(groups.filter((group) => group._id.name === name))]),
      ) as Record<TaskName, TaskNameStats>,
    };
  }

  /** A bucket for each of the last `days` days, today included, oldest first. */
  async recent(days: number): Promise<TaskDay[]> {
    const dateOf = new Intl.DateTimeFormat('en-CA', { timeZone: this.config.timezone });
    const now = this.clock.now().getTime();
    const dates = Array.from({ length: days }, (_, back) => dateOf.format(new Date(now - (days - 1 - back) * DAY_MS)));
    const groups = await this.groups(
      { createdAt: { $gte: new Date(now - days * DAY_MS) } },
      { date: { $dateToString: { date: '$createdAt', format: '%Y-%m-%d', timezone: this.config.timezone } } },
    );
    return dates.map((date) => ({ date, ...endings(groups.filter((group) => group._id.date === date)) }));
  }

  private groups(match: Record<string, unknown>, key: Record<string, unknown>): Promise<Group[]> {
    return this.model
      .aggregate<Group>([
        { $match: match },
        {
          $group: {
            _id: { name: '$name', status: '$status', ...key },
            count: { $sum: 1 },
            items: { $sum: '$processedItems' },
            durationMs: { $sum: { $subtract: ['$completedAt', '$startedAt'] } },
          },
        },
      ])
      .exec();
  }

  private async p95(): Promise<number | null> {
    const sample = await this.model
      .find({ status: 'completed' }, { startedAt: 1, completedAt: 1 })
      .sort({ createdAt: -1 })
      .limit(DURATION_SAMPLE)
      .lean<Pick<TaskDocument, 'startedAt' | 'completedAt'>[]>();
    const durations = sample
      .map(({ startedAt, completedAt }) => (completedAt?.getTime() ?? 0) - (startedAt?.getTime() ?? 0))
      .sort((a, b) => a - b);
    return durations[Math.ceil(durations.length * 0.95) - 1] ?? null;
  }
}
