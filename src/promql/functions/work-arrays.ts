/**
 * Scratch arrays of the functions, kept and grown from series to series. One query thread works on one series at a time, and
 * no function keeps an array beyond its call.
 */
const floats: Float64Array[] = [];
const integers: Uint32Array[] = [];

/** Arrays up to so many entries are shared by all queries of a thread, and count for none of them. */
const SHARED_MAX = 65_536;

/** A `Float64Array` of at least `length` entries with any contents; equal slots give the same array. */
export function workFloats(slot: number, length: number): Float64Array {
  const known = floats[slot];
  if (known !== undefined && known.length >= length) return known;
  const grown = new Float64Array(grownLength(length));
  floats[slot] = grown;
  return grown;
}

/** A `Uint32Array` of at least `length` entries with any contents; equal slots give the same array. */
function workIntegers(slot: number, length: number): Uint32Array {
  const known = integers[slot];
  if (known !== undefined && known.length >= length) return known;
  const grown = new Uint32Array(grownLength(length));
  integers[slot] = grown;
  return grown;
}

function grownLength(length: number): number {
  return Math.max(1024, Math.ceil(length * 1.5));
}

/** The scratch arrays of one call: small ones are shared, large ones its own, and counted. */
export class WorkArrays {
  readonly #takeBytes: (bytes: number) => void;
  readonly #floats: (Float64Array | undefined)[] = [];
  readonly #integers: (Uint32Array | undefined)[] = [];

  /** `takeBytes` is told of what is allocated before it is, and may throw. */
  constructor(takeBytes: (bytes: number) => void) {
    this.#takeBytes = takeBytes;
  }

  /** A `Float64Array` that nobody else gets. */
  own(length: number): Float64Array {
    this.#takeBytes(8 * length);
    return new Float64Array(length);
  }

  /** As `workFloats`. */
  floats(slot: number, length: number): Float64Array {
    if (length <= SHARED_MAX) return workFloats(slot, length);
    const known = this.#floats[slot];
    if (known !== undefined && known.length >= length) return known;
    this.#takeBytes(8 * (length - (known?.length ?? 0)));
    const grown = new Float64Array(length);
    this.#floats[slot] = grown;
    return grown;
  }

  /** A `Uint32Array`, the same way. */
  integers(slot: number, length: number): Uint32Array {
    if (length <= SHARED_MAX) return workIntegers(slot, length);
    const known = this.#integers[slot];
    if (known !== undefined && known.length >= length) return known;
    this.#takeBytes(4 * (length - (known?.length ?? 0)));
    const grown = new Uint32Array(length);
    this.#integers[slot] = grown;
    return grown;
  }
}
