import { bytesText } from '../../config/byte-size.ts';
import { field, optional, type RecordOf, record, shown } from '../../config/decode.ts';
import { byteSize, decimal, integer, text } from '../../config/scalars.ts';
import { goQuote } from '../../model/labels.ts';
import { duration } from './duration.ts';

/** `max_exemplars` where exemplars are stored and the file says nothing. */
const EXEMPLARS_STANDARD = 100_000;

const retentionCodec = record(
  'config.plain',
  { time: field(duration), size: field(byteSize), percentage: field(decimal) },
  (value, context) => {
    if (value.size < 0) {
      const message = `'storage.tsdb.retention.size' must be greater than or equal to 0, got ${bytesText(value.size)}`;
      return context.fault(value, message, 'size');
    }
    if (value.percentage < 0 || value.percentage > 100) {
      const message = `'storage.tsdb.retention.percentage' must be in the range [0, 100], got ${value.percentage}`;
      return context.fault(value, message, 'percentage');
    }
    return null;
  },
);

const tsdbCodec = record(
  'config.plain',
  {
    // The window in milliseconds: the reference prints and reads it, and then goes by the next field alone.
    outofordertimewindow: shown(integer),
    out_of_order_time_window: field(duration),
    stale_series_compaction_threshold: field(decimal),
    chunk_encoding: field(record('config.ChunkEncodingConfig', { floats: field(text) })),
    retention: optional(retentionCodec),
  },
  (value, context) => {
    value.outofordertimewindow = value.out_of_order_time_window;
    const { floats } = value.chunk_encoding;
    if (floats === '' || floats === 'xor' || floats === 'xor2') return null;
    const rule = "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be omitted entirely";
    return context.fault(value, `${rule}, got ${goQuote(floats)}`, 'chunk_encoding');
  },
);

const exemplarsCodec = record('config.ExemplarsConfig', { max_exemplars: field(integer) });

const storageFields = { tsdb: optional(tsdbCodec), exemplars: optional(exemplarsCodec) };

export type RawStorage = RecordOf<typeof storageFields>;

export const storageCodec = record('config.StorageConfig', storageFields);

/** What the storage keeps and for how long. */
export interface StorageSettings {
  readonly retentionMs: number;
  readonly retentionBytes: number;
  /** Of the file system that holds the data; 0 = not used. */
  readonly retentionPercent: number;
  readonly outOfOrderMs: number;
  /** The share of stale series from which on they are compacted early; 0 = never. */
  readonly staleSeriesShare: number;
  readonly exemplarsMax: number;
  /** Of new chunks of floats; null where the file does not say. */
  readonly floatEncoding: 'xor' | 'xor2' | null;
}

/** What the flags say of retention; it holds where the file has no `retention`. */
export interface FlagRetention {
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

/** The settings of the block; the record is filled too, since it is what `/api/v1/status/config` prints. */
export function storageSettingsFrom(raw: RawStorage, flags: FlagRetention): StorageSettings {
  raw.tsdb ??= { ...tsdbCodec.zero };
  raw.tsdb.retention ??= { time: flags.retentionMs, size: flags.retentionBytes, percentage: 0 };
  const { retention } = raw.tsdb;
  const { floats } = raw.tsdb.chunk_encoding;
  return {
    retentionMs: retention.time,
    retentionBytes: retention.size,
    retentionPercent: retention.percentage,
    staleSeriesShare: raw.tsdb.stale_series_compaction_threshold,
    outOfOrderMs: raw.tsdb.out_of_order_time_window,
    exemplarsMax: raw.exemplars?.max_exemplars ?? EXEMPLARS_STANDARD,
    floatEncoding: floats === 'xor' || floats === 'xor2' ? floats : null,
  };
}
