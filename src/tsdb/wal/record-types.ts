import type { Labels } from '../../model/labels.ts';

/** First byte of every record of the log. Source: Prometheus' docs/format/wal.md and its record package (3.14). */
export const RECORD = {
  series: 1,
  samples: 2,
  tombstones: 3,
  exemplars: 4,
  /** Only in `wbl/`. */
  mmapMarkers: 5,
  metadata: 6,
  histograms: 7,
  floatHistograms: 8,
  customHistograms: 9,
  customFloatHistograms: 10,
  /** Forms with a start time for each sample, written behind the feature flag `st-storage`. */
  samplesV2: 11,
  histogramsV2: 12,
  floatHistogramsV2: 13,
} as const;

/** What a start time of a V2 record is: absent, that of the sample before, or a delta to the first one. */
export const START_TIME = { none: 0, same: 1, explicit: 2 } as const;

/** The byte of a metadata record is the index. */
export const METRIC_TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const;

export type MetricType = (typeof METRIC_TYPES)[number];

/** Samples of `ref` from `minTime` to `maxTime` (ms, inclusive) are deleted. */
export interface TombstoneEntry {
  readonly ref: number;
  readonly minTime: number;
  readonly maxTime: number;
}

/** All late samples of a series that were logged before are in this chunk of `chunks_head/` and in older ones. */
export interface MmapMarker {
  readonly ref: number;
  readonly fileNumber: number;
  /** Where the chunk's entry begins. */
  readonly offset: number;
}

export interface MetadataEntry {
  readonly ref: number;
  readonly type: MetricType;
  readonly unit: string;
  readonly help: string;
}

export interface SeriesEntry {
  readonly ref: number;
  readonly labels: Labels;
}

/** A record that claims to be larger, compressed or not, counts as damaged. */
export const RECORD_BYTES_MAX = 512 * 1024 * 1024;
