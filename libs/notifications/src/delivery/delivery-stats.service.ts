import { Injectable } from '@nestjs/common';
import { Clock } from '@app/common';
import { Config } from '@app/config';
import { civilDate } from '@app/language';
import { NOTIFICATION_TYPES, type NotificationType } from '../notification.rules.js';
import { HistoryRepository, type HistoryFilter, type LedgerGroup } from './history.repository.js';
import { NOTIFICATION_STATUSES, REACHED, type NotificationStatus } from './notification.js';

export type StatsFilter = Pick<HistoryFilter, 'configId' | 'jobId' | 'from' | 'to'>;

export interface DeliveryDay {
  /** YYYY-MM-DD in the configured time zone. */
  date: string;
  total: number;
  sent: number;
  failed: number;
}

/** Rates are 0 to 1: sent of all, read of sent, replied of sent; 0 while there is nothing to divide by. */
export interface DeliveryStats {
  total: number;
  byStatus: Record<NotificationStatus, number>;
  byType: Record<NotificationType, number>;
  byDay: DeliveryDay[];
  successRate: number;
  readRate: number;
  replyRate: number;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
/** Over longer stretches only the days that have something are listed. */
const MAX_LISTED_DAYS = 366;

const count = (groups: readonly LedgerGroup[]): number => groups.reduce((total, group) => total + group.count, 0);
const sentOf = (groups: readonly LedgerGroup[]): LedgerGroup[] => groups.filter(({ status }) => REACHED.includes(status));
const rate = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Counts over the ledger, from the database at the time of asking. */
@Injectable()
export class DeliveryStatsService {
  constructor(
    private readonly repository: HistoryRepository,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** `from` inclusive, `to` exclusive; left out, they span the last 30 days up to now. */
  async stats(filter: StatsFilter): Promise<DeliveryStats> {
    const to = filter.to ?? this.clock.now();
    const from = filter.from ?? new Date(to.getTime() - DEFAULT_DAYS * DAY_MS);
    const groups = await this.repository.groups({ ...filter, from, ...(filter.to && { to }) }, this.config.timezone);
    const total = count(groups);
    const sent = sentOf(groups);
    return {
      total,
      byStatus: tally(NOTIFICATION_STATUSES, (status) => groups.filter((group) => group.status === status)),
      byType: tally(NOTIFICATION_TYPES, (type) => groups.filter(({ notificationType }) => notificationType === type)),
      byDay: this.byDay(groups, from, to),
      successRate: rate(count(sent), total),
      readRate: rate(count(sent.filter(({ status }) => status === 'read')), count(sent)),
      replyRate: rate(
        sent.reduce((sum, { replied }) => sum + replied, 0),
        count(sent),
      ),
    };
  }

  private byDay(groups: readonly LedgerGroup[], from: Date, to: Date): DeliveryDay[] {
    const dates = new Set(groups.map(({ date }) => date));
    const span = to.getTime() - from.getTime();
    if (span <= MAX_LISTED_DAYS * DAY_MS) {
      for (let at = from.getTime(); at < to.getTime(); at += DAY_MS) dates.add(this.dateOf(new Date(at)));
      if (span > 0) dates.add(this.dateOf(new Date(to.getTime() - 1)));
    }
    return [...dates].sort().map((date) => {
      const ofDay = groups.filter((group) => group.date === date);
      return { date, total: count(ofDay), sent: count(sentOf(ofDay)), failed: count(ofDay.filter(({ status }) => status === 'failed')) };
    });
  }

  private dateOf(at: Date): string {
    const { year, month, day } = civilDate(at, this.config.timezone);
    return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  }
}

const tally = <K extends string>(keys: readonly K[], groupsOf: (key: K) => readonly LedgerGroup[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, count(groupsOf(key))])) as Record<K, number>;
