import { createSerial } from '../std/serial.ts';
import { runInTurns, type Turns } from '../std/turns.ts';
import type { Appendable } from '../storage/append.ts';
import { whenSettled } from '../storage/settled.ts';
import { Ingest, type IngestResult } from './ingest.ts';
import type { FinishedScrape, IngestFeatures, IngestTarget } from './ingest-target.ts';
import type { ScrapeReport } from './report-samples.ts';

/** Larger bodies, some 5,000 lines, are ingested in several turns of the event loop. */
const AT_ONCE_BYTES_MAX = 512 * 1024;
/** A target that had more series than this is ended in several turns. */
const AT_ONCE_SERIES_MAX = 5000;

/**
 * Gives scrapes to the storage: small ones in the turn in which they come, large ones in several, one after the other. Small ones that come
 * while the samples of a large one go in follow it.
 */
export class IngestTurns {
  readonly #appendable: Appendable;
  readonly #turns: Turns;
  readonly #small: Ingest;
  /** What a large scrape fills between turns is not to be touched by the small ones that come meanwhile. */
  readonly #large: Ingest;
  readonly #oneByOne = createSerial();

  /** `turns`: how long one turn may take. */
  constructor(appendable: Appendable, features: IngestFeatures, turns: Turns) {
    this.#appendable = appendable;
    this.#turns = turns;
    this.#small = new Ingest(appendable, features);
    this.#large = new Ingest(appendable, features);
  }

  /** As `Ingest.prepare`, in turns. */
  async prepare(target: IngestTarget, scrape: Pick<FinishedScrape, 'body' | 'format'>): Promise<void> {
    const { body, format } = scrape;
    const steps = body === null ? null : this.#small.prepare(target, { body, format });
    if (steps !== null) await runInTurns(steps, this.#turns);
  }

  /** As `Ingest.write`. */
  write(
    target: IngestTarget,
    scrape: FinishedScrape,
    report: (result: IngestResult) => ScrapeReport,
  ): IngestResult | Promise<IngestResult> {
    if (scrape.body !== null && scrape.body.size > AT_ONCE_BYTES_MAX) {
      return this.#oneByOne(() => runInTurns(this.#large.writeInSteps(target, scrape, report), this.#turns));
    }
    return whenSettled(this.#appendable, () => this.#small.write(target, scrape, report));
  }

  /** As `Ingest.writeEnd`. */
  writeEnd(target: IngestTarget, time: number): void | Promise<void> {
    if (target.series.cache.count > AT_ONCE_SERIES_MAX) {
      return this.#oneByOne(() => runInTurns(this.#large.writeEndInSteps(target, time), this.#turns));
    }
    return whenSettled(this.#appendable, () => this.#small.writeEnd(target, time));
  }
}
