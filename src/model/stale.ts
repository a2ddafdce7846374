/**
 * The staleness marker: a NaN whose payload says "the series ended here".
 *
 * JavaScript may change the payload of a NaN that passes through a variable or a plain array, so the marker is written
 * and recognised on the 32-bit halves only, never carried as a number.
 * Source: Prometheus' data model; the bits are 0x7ff0000000000002.
 */
export const STALE_HIGH = 0x7ff00000;
export const STALE_LOW = 0x00000002;

/** The NaN that parsing the text "NaN" gives, as Go writes it: 0x7ff8000000000001. */
export const NORMAL_NAN_HIGH = 0x7ff80000;
export const NORMAL_NAN_LOW = 0x00000001;

/** `bits` is the `Uint32Array` view of a `Float64Array`; `index` counts the doubles. Little-endian hosts only. */
export function isStale(bits: Uint32Array, index: number): boolean {
  return bits[2 * index] === STALE_LOW && bits[2 * index + 1] === STALE_HIGH;
}

/** As `isStale`: makes the double at `index` the marker. */
export function writeStale(bits: Uint32Array, index: number): void {
  bits[2 * index] = STALE_LOW;
  bits[2 * index + 1] = STALE_HIGH;
}

/** As `writeStale`, with the NaN that parsing gives. */
export function writeNormalNaN(bits: Uint32Array, index: number): void {
  bits[2 * index] = NORMAL_NAN_LOW;
  bits[2 * index + 1] = NORMAL_NAN_HIGH;
}
