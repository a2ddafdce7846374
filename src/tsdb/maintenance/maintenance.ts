import { goDuration } from '../../model/go-duration.ts';
import type { Serial } from '../../std/serial.ts';
import { runInTurns } from '../../std/turns.ts';
import { TaskCancelled } from '../compact/compact-blocks.ts';
import type { SeriesSurvey } from '../head/stale-series.ts';
import { cleanNextBlock } from './clean-tombstones.ts';
import { compactNextBlocks } from './compact-blocks.ts';
import { compactHead } from './compact-head.ts';
import { compactStaleSeries } from './compact-stale.ts';
import type { MaintenanceCounts } from './maintenance-counts.ts';
import type { MaintenanceParts } from './parts.ts';
import { reloadBlocks } from './reload-blocks.ts';
import { type SnapshotOptions, takeSnapshot } from './take-snapshot.ts';
import { truncateLog } from './truncate-log.ts';

/** How often the blocks are looked at again and compactions are considered where nothing is said, ms. */
const MAINTENANCE_INTERVAL_MS = 60_000;
/** After the start, ms: scrapes and rules come first. */
const FIRST_MS = 1000;
/** After a failure it is tried again so soon, ms, and each time after twice as long, up to the interval. */
const BACK_OFF_MS = 1000;
/** Series of the head, free rows included, that are counted whenever the counts are asked for: half a millisecond. */
const SURVEY_AT_ONCE_ROWS = 20_000;
/** Stale series are left where they are when the head is compacted anyway within so long, ms. */
const SOON_MS = 10 * 60 * 1000;

export interface MaintenanceOptions extends MaintenanceParts {
  /** How often the blocks are looked at again and compactions are considered, ms. */
  readonly intervalMs?: number;
  /** Runs one thing after the other; whoever changes blocks or deletes samples goes through the same. */
  readonly exclusive: Serial;
  /** Told what each step that failed failed of. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Keeps the data directory in shape: moves the oldest range of the head to a block as soon as the head spans one and a
 * half, lets the log go behind it, merges blocks, removes what is beyond the retention, and takes in blocks that somebody
 * put into the directory. It decides when, on the main thread; a runner does the heavy part elsewhere.
 *
 * Each step is exclusive, so that deletions, snapshots and the like never meet half of one. A step that fails is logged,
 * counted and tried again, later each time.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #intervalMs: number;
  #cancelTimer: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #queued: Promise<void> | null = null;
  #backOffMs = 0;
  #isStopped = false;
  #survey: SeriesSurvey = { stale: 0, histograms: 0, buckets: 0 };
  #headCompactedAt: number | null = null;
  /** Since when the head could be compacted; null while it could not, or was. */
  #headDueAt: number | null = null;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? MAINTENANCE_INTERVAL_MS;
  }

  /** As it is now where that is counted in a moment, else as of the last round. */
  get survey(): SeriesSurvey {
    const { head } = this.#options;
    return head.rowCount <= SURVEY_AT_ONCE_ROWS ? runInTurns(head.survey(), null) : this.#survey;
  }

  /** What was done since the start. */
  get counts(): Readonly<MaintenanceCounts> {
    return this.#options.counts;
  }

  start(): void {
    this.#plan(Math.min(FIRST_MS, this.#intervalMs));
  }

  /**
   * Does what there is to do now. Resolves when a round that began after this call is over; rejects with what it failed
   * of.
   */
  compact(): Promise<void> {
    if (this.#running === null) return this.#run();
    this.#queued ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#queued = null;
        return this.#run();
      });
    return this.#queued;
  }

  /** Takes what is deleted of blocks off the disk, one block after the other. Rejects with what failed. */
  async cleanTombstones(): Promise<void> {
    const { clock, observer } = this.#options;
    const started = clock.monotonic();
    try {
      while (await this.#step(() => cleanNextBlock(this.#options)));
    } finally {
      observer.tombstoneCleanup((clock.monotonic() - started) / 1000);
    }
  }

  /** As `takeSnapshot`. */
  snapshot(options: SnapshotOptions): Promise<string> {
    return this.#step(() => takeSnapshot(this.#options, options));
  }

  /** Cancels what runs and resolves when nothing does any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    await this.#options.runner.close();
    await this.#running?.catch(() => {});
  }

  #plan(delayMs: number): void {
    this.#cancelTimer?.();
    if (this.#isStopped) return;
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#cancelTimer = null;
      this.compact().catch(() => {
        // It was logged, and the next round is planned.
      });
    });
  }

  #run(): Promise<void> {
    const { counts } = this.#options;
    if (this.#isStopped) {
      counts.compactionsSkipped++;
      return Promise.reject(new TaskCancelled());
    }
    counts.compactionsTriggered++;
    this.#running = this.#round().then(
      () => this.#end(null),
      (error: unknown) => {
        this.#end(error);
        throw error;
      },
    );
    return this.#running;
  }

  #end(error: unknown): void {
    this.#running = null;
    if (error === null) {
      this.#backOffMs = 0;
    } else if (!(error instanceof TaskCancelled)) {
      const { counts, log } = this.#options;
      counts.compactionsFailed++;
      this.#backOffMs = Math.min(MAINTENANCE_INTERVAL_MS, Math.max(BACK_OFF_MS, 2 * this.#backOffMs));
      log.error('compaction failed', { err: String(error), retry_after: goDuration(this.#backOffMs) });
    }
    this.#plan(this.#backOffMs === 0 ? this.#intervalMs : this.#backOffMs);
  }

  async #round(): Promise<void> {
    const { head, lateSamples } = this.#options;
    await this.#step(() => this.#reload());
    await this.#step(() => this.#compactStale());
    let compactedTo: number | null = null;
    try {
      while (this.#isHeadDue()) {
        compactedTo = await this.#step(() => {
          this.#headCompactedAt = this.#options.clock.monotonic();
          return compactHead(this.#options);
        });
      }
    } finally {
      // Also where a later range failed: what is in blocks need not be in the log.
      const minTime = compactedTo;
      if (minTime !== null) {
        await this.#step(() => truncateLog(this.#options, minTime));
        if (head.outOfOrder.bounds.minTime < Number.POSITIVE_INFINITY) await this.#step(() => lateSamples?.compact());
      }
    }
    // A head that has become compactable meanwhile comes first.
    while (!this.#isHeadDue() && (await this.#step(() => compactNextBlocks(this.#options))));
  }

  /** True where the head is to be compacted now: not before it has waited for as long as it is told to. */
  #isHeadDue(): boolean {
    const { clock, head, headDelayMs } = this.#options;
    if (!head.isCompactable) {
      this.#headDueAt = null;
      return false;
    }
    this.#headDueAt ??= clock.monotonic();
    return clock.monotonic() - this.#headDueAt >= headDelayMs;
  }

  /** One exclusive piece of work. */
  #step<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#options.exclusive(async () => {
      // What several steps take without a pause adds up.
      await this.#options.turns.pause();
      if (this.#isStopped) throw new TaskCancelled();
      try {
        return await work();
      } catch (error) {
        this.#options.onFailed(error);
        throw error;
      }
    });
  }

  async #reload(): Promise<void> {
    try {
      await reloadBlocks(this.#options);
    } catch (error) {
      this.#options.log.error('reloadBlocks', { err: String(error) });
    }
  }

  /** Where the share of stale series says so, and the head is not compacted soon. A failure is logged alone. */
  async #compactStale(): Promise<void> {
    const { chunkRangeMs, clock, counts, head, log, observer, settings, turns } = this.#options;
    this.#survey = await runInTurns(head.survey(), turns);
    const { staleSeriesShare } = settings();
    const { series } = head.stats();
    if (staleSeriesShare <= 0 || series === 0 || this.#survey.stale / series < staleSeriesShare) return;
    const last = this.#headCompactedAt;
    if (last !== null && clock.monotonic() + SOON_MS > last + chunkRangeMs) return;
    counts.staleCompactions++;
    const started = clock.monotonic();
    try {
      const removed = await compactStaleSeries(this.#options);
      const seconds = (clock.monotonic() - started) / 1000;
      observer.staleCompaction(seconds);
      log.info('Ending stale series compaction', { series: removed, duration: goDuration(1000 * seconds) });
    } catch (error) {
      if (error instanceof TaskCancelled) throw error;
      counts.staleCompactionsFailed++;
      log.error('Stale series compaction failed', { err: String(error) });
    }
  }
}
