import protobuf from 'protobufjs';
import snappy from 'snappyjs';

/** Remote write 1.0 messages made by independent libraries, which the hand-written decoder is held against. */

export interface LabelMessage {
  name: string;
  value: string;
}

export interface SampleMessage {
  value: number;
  timestamp: number;
}

export interface HistogramMessage {
  countInt?: number;
  countFloat?: number;
  sum?: number;
  schema?: number;
  zeroThreshold?: number;
  zeroCountInt?: number;
  zeroCountFloat?: number;
  negativeSpans?: { offset: number; length: number }[];
  negativeDeltas?: number[];
  negativeCounts?: number[];
  positiveSpans?: { offset: number; length: number }[];
  positiveDeltas?: number[];
  positiveCounts?: number[];
  resetHint?: number;
  timestamp?: number;
  customValues?: number[];
}

export interface ExemplarMessage {
  labels: LabelMessage[];
  value: number;
  timestamp: number;
}

export interface SeriesMessage {
  labels: LabelMessage[];
  samples?: SampleMessage[];
  exemplars?: ExemplarMessage[];
  histograms?: HistogramMessage[];
}

const root = protobuf.parse(`
  syntax = "proto3";
  message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
  message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
  message TimeSeries {
    repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4;
  }
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
  message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
  message BucketSpan { sint32 offset = 1; uint32 length = 2; }
  message Histogram {
    oneof count { uint64 count_int = 1; double count_float = 2; }
    double sum = 3; sint32 schema = 4; double zero_threshold = 5;
    oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
    repeated BucketSpan negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10;
    repeated BucketSpan positive_spans = 11; repeated sint64 positive_deltas = 12; repeated double positive_counts = 13;
    int32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16;
  }
`).root;

const WriteRequestType = root.lookupType('WriteRequest');
export const HistogramType = root.lookupType('Histogram');

export function encodeRequest(timeseries: SeriesMessage[], metadata: object[] = []): Uint8Array {
  return WriteRequestType.encode(WriteRequestType.fromObject({ timeseries, metadata })).finish();
}

export function compress(message: Uint8Array): Uint8Array {
  return new Uint8Array(snappy.compress(message));
}

/** The body of a request as senders make it. */
export function writeBody(timeseries: SeriesMessage[], metadata: object[] = []): Uint8Array {
  return compress(encodeRequest(timeseries, metadata));
}

/** `up{job="a"}` as labels, in the order given. */
export function labelsOf(record: Readonly<Record<string, string>>): LabelMessage[] {
  return Object.entries(record).map(([name, value]) => ({ name, value }));
}
