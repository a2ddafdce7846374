import protobuf from 'protobufjs';
import snappy from 'snappyjs';

/** The messages of remote read as protobufjs knows them: the other implementation that tests compare with. */
const SCHEMA = `
syntax = "proto3";
message Label { string name = 1; string value = 2; }
message LabelMatcher { int32 type = 1; string name = 2; string value = 3; }
message ReadHints { int64 step_ms = 1; string func = 2; int64 start_ms = 3; int64 end_ms = 4; repeated string grouping = 5;
  bool by = 6; int64 range_ms = 7; }
message Query { int64 start = 1; int64 end = 2; repeated LabelMatcher matchers = 3; ReadHints hints = 4; }
message ReadRequest { repeated Query queries = 1; repeated int32 accepted = 2; }
message Sample { fixed64 value = 1; int64 time = 2; }
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Histogram { oneof count { uint64 count_int = 1; double count_float = 2; } double sum = 3; sint32 schema = 4;
  double zero_threshold = 5; oneof zero { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated BucketSpan negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10;
  repeated BucketSpan positive_spans = 11; repeated sint64 positive_deltas = 12; repeated double positive_counts = 13;
  int32 reset_hint = 14; int64 time = 15; repeated double custom_values = 16; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4; }
message QueryResult { repeated TimeSeries timeseries = 1; }
message ReadResponse { repeated QueryResult results = 1; }
message Chunk { int64 min = 1; int64 max = 2; int32 type = 3; bytes data = 4; }
message ChunkedSeries { repeated Label labels = 1; repeated Chunk chunks = 2; }
message ChunkedReadResponse { repeated ChunkedSeries series = 1; int64 query_index = 2; }
`;

const { root } = protobuf.parse(SCHEMA, { keepCase: true });

export interface QueryMessage {
  readonly start: number;
  readonly end: number;
  readonly matchers: readonly { readonly type: number; readonly name: string; readonly value: string }[];
  readonly hints?: { readonly func?: string; readonly start_ms?: number; readonly end_ms?: number };
}

/** A compressed `ReadRequest`. */
export function requestBytes(queries: readonly QueryMessage[], accepted: readonly number[]): Uint8Array {
  const type = root.lookupType('ReadRequest');
  return new Uint8Array(snappy.compress(type.encode(type.fromObject({ queries, accepted })).finish()));
}

// biome-ignore lint/suspicious/noExplicitAny: messages as plain objects, looked at by tests only
export type Plain = any;

export function plainFromBytes(message: string, bytes: Uint8Array): Plain {
  const type = root.lookupType(message);
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true });
}

/** The `ReadResponse` of a compressed answer. */
export function responseFromBytes(bytes: Uint8Array): Plain {
  return plainFromBytes('ReadResponse', snappy.uncompress(bytes));
}
