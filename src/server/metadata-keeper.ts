import type { Clock } from '../std/clock.ts';
import type { MetadataArchive, TargetDescription } from '../storage/target-metadata.ts';
import type { Log } from '../telemetry/log.ts';

/** Metadata that changed is on the disk after so long, ms. */
const INTERVAL_MS = 30_000;

export interface MetadataKeeperOptions {
  readonly archive: MetadataArchive;
  readonly clock: Clock;
  readonly log: Log;
  /** What the targets say now. */
  readonly describe: () => readonly TargetDescription[];
  /** True while nothing should be written. */
  readonly isPaused: () => boolean;
}

/** Has what targets say of their metrics kept, now and then, where it changed. */
export class MetadataKeeper {
  readonly #options: MetadataKeeperOptions;
  #cancelTimer: (() => void) | null = null;
  #keptTargets = new Map<string, unknown>();
  #keeping: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(options: MetadataKeeperOptions) {
    this.#options = options;
    this.#plan();
  }

  /** Keeps what there is at the call a last time. */
  async stop(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    // The targets go while this waits.
    const targets = this.#options.describe();
    await this.#keeping;
    await this.#keep(targets);
  }

  #plan(): void {
    this.#cancelTimer = this.#options.clock.after(INTERVAL_MS, () => {
      this.#plan();
      this.#keeping = this.#keeping.then(() => this.#keep(this.#options.describe()));
    });
  }

  async #keep(targets: readonly TargetDescription[]): Promise<void> {
    const { archive, isPaused, log } = this.#options;
    if (isPaused() || !this.#hasChanged(targets)) return;
    try {
      await archive.keepMetadata(targets);
      this.#keptTargets = new Map(targets.map(({ sharedBy, target }) => [target, sharedBy]));
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) log.warn('Cannot keep the metadata of targets', { err: String(error) });
      this.#hasFailed = true;
    }
  }

  #hasChanged(targets: readonly TargetDescription[]): boolean {
    if (targets.length !== this.#keptTargets.size) return true;
    return targets.some(({ sharedBy, target }) => this.#keptTargets.get(target) !== sharedBy);
  }
}
