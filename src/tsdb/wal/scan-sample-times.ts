/** What a samples record holds, without its samples. */
export interface SampleTimes {
  count: number;
  minTime: number;
  maxTime: number;
}

/** Type, reference and time of the first sample. */
const HEADER_BYTES = 17;
const VALUE_BYTES = 8;
/** Bytes of a reference's difference before its last one; what is longer is left to the decoder. */
const MORE_BYTES_MAX = 7;

/**
 * Finds the first and the last time of a samples record (type byte included) at a third of what decoding costs: whole
 * records are older or newer than what is asked about, but for a few. False where it is not sure, as with malformed
 * bytes or times that are far apart: then the record has to be decoded.
 */
export function scanSampleTimes(record: Uint8Array, into: SampleTimes): boolean {
  const end = record.length;
  if (end < HEADER_BYTES) return false;
  const high = (record[9]! << 24) | (record[10]! << 16) | (record[11]! << 8) | record[12]!;
  const low = (record[13]! << 24) | (record[14]! << 16) | (record[15]! << 8) | record[16]!;
  const base = high * 2 ** 32 + (low >>> 0);
  if (!Number.isSafeInteger(base)) return false;
  let count = 0;
  let least = 0;
  let most = 0;
  let at = HEADER_BYTES;
  while (at < end) {
    for (const last = at + MORE_BYTES_MAX; record[at]! >= 0x80; at++) if (at >= last) return false;
    at++;
    const byte = record[at]!;
    let zigzag = byte;
    if (byte >= 0x80) {
      const next = record[at + 1]!;
      if (next >= 0x80) return false;
      zigzag = (byte & 0x7f) | (next << 7);
      at++;
    }
    at += 1 + VALUE_BYTES;
    const delta = (zigzag >>> 1) ^ -(zigzag & 1);
    if (delta < least || count === 0) least = delta;
    if (delta > most || count === 0) most = delta;
    count++;
  }
  // Reading beyond the end gives nothing, and ends behind it.
  if (at !== end || count === 0) return false;
  into.count = count;
  into.minTime = base + least;
  into.maxTime = base + most;
  return true;
}
