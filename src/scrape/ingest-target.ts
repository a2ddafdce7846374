import type { Body } from '../exposition/body.ts';
import type { BodyFormat } from '../exposition/negotiate.ts';
import type { MetadataStore } from './metadata-store.ts';
import type { SampleLabeling } from './sample-labels.ts';
import type { TargetSeries } from './target-series.ts';

/** What the job says about taking samples. */
export interface IngestSettings {
  readonly labeling: SampleLabeling;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  /** 0 for no limit. */
  readonly sampleLimit: number;
  readonly extraMetrics: boolean;
}

/** What of scrapes depends on features; nothing of it by default. */
export interface IngestFeatures {
  /** `_created` series of OpenMetrics are the start times of others, and no series of their own. */
  readonly startTimes: boolean;
  /** Start times are stored as zeros, too. */
  readonly startsAsZero: boolean;
  /** Series get labels that tell their type and unit. */
  readonly typeAndUnitLabels: boolean;
}

export const NO_INGEST_FEATURES: IngestFeatures = { startTimes: false, startsAsZero: false, typeAndUnitLabels: false };

/** Everything about one target that ingesting reads and changes. */
export interface IngestTarget {
  readonly settings: IngestSettings;
  readonly series: TargetSeries;
  readonly metadata: MetadataStore;
}

/** A scrape that has come to its end, one way or the other. */
export interface FinishedScrape {
  /** `null` where the scrape failed before there was one. */
  readonly body: Body | null;
  readonly format: BodyFormat;
  /** Milliseconds since the epoch for samples without time of their own. */
  readonly time: number;
  /** Milliseconds since the epoch; samples may be ten minutes ahead of it. */
  readonly now: number;
}
