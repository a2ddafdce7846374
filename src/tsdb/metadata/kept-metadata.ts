import type { Clock } from '../../std/clock.ts';
import type { FileSystem } from '../../std/file-system.ts';
import { runInTurns, type Turns } from '../../std/turns.ts';
import { replaceFile } from '../../std/whole-file.ts';
import type { MetadataArchive, MetricDescription, TargetDescription } from '../../storage/target-metadata.ts';
import type { Log } from '../../telemetry/log.ts';
import { TARGET_METADATA_BYTES_MAX, targetMetadataFromBytes, targetMetadataToBytes } from './target-metadata-file.ts';

const NOTHING: readonly MetricDescription[] = [];

/** Discovery may take a while after a start: so long, a target that is not there yet is kept as it was. */
const AWAITED_MS = 10 * 60 * 1000;

export interface KeptMetadataOptions {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly log: Log;
}

/** Keeps what targets say of their metrics in the file `target_metadata`, which is replaced as a whole. */
export class KeptMetadata implements MetadataArchive {
  readonly #options: KeptMetadataOptions;
  readonly #awaitedUntil: number;
  #kept: ReadonlyMap<string, readonly MetricDescription[]>;
  #leftOut = 0;

  /** A file that can not be read is as good as none: it is logged and replaced the next time. */
  constructor(options: KeptMetadataOptions) {
    this.#options = options;
    this.#awaitedUntil = options.clock.monotonic() + AWAITED_MS;
    this.#kept = read(options);
  }

  keptMetadata(target: string): readonly MetricDescription[] {
    return this.#kept.get(target) ?? NOTHING;
  }

  async keepMetadata(targets: readonly TargetDescription[]): Promise<void> {
    const { clock, fileSystem, log, path, turns } = this.#options;
    if (clock.monotonic() >= this.#awaitedUntil) this.#kept = new Map();
    const present = new Set(targets.map(({ target }) => target));
    const awaited = [...this.#kept]
      .filter(([target]) => !present.has(target))
      .map(([target, list]): TargetDescription => ({ target, sharedBy: list, metrics: () => list }));
    const { bytes, leftOut } = await runInTurns(targetMetadataToBytes([...targets, ...awaited]), turns);
    await replaceFile(fileSystem, path, bytes);
    if (leftOut > 0 && this.#leftOut === 0) {
      log.warn('The metadata of some targets is not kept: there is too much', { targets: leftOut });
    }
    this.#leftOut = leftOut;
  }
}

function read({ fileSystem, log, path }: KeptMetadataOptions): ReadonlyMap<string, readonly MetricDescription[]> {
  try {
    const size = fileSystem.statSync(path)?.size ?? 0;
    if (size === 0 || size > 2 * TARGET_METADATA_BYTES_MAX) return new Map();
    return targetMetadataFromBytes(fileSystem.readFileSync(path), path);
  } catch (error) {
    log.warn('The metadata of targets that was kept can not be read', { err: String(error) });
    return new Map();
  }
}
