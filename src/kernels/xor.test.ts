import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xorAppendUsual } from './xor-append.ts';
import { XOR_MALFORMED, XOR_TIME_OUT_OF_RANGE, XOR_TRUNCATED, xorDecode } from './xor-decode.ts';
import {
  XOR_APPEND_BYTES_MAX,
  XOR_STATE_COUNT,
  XOR_STATE_DOUBLES,
  xorAppend,
  xorBegin,
  xorByteLength,
  xorCountBytes,
} from './xor-encode.ts';

/** A sample as a test writes it: the value as the 16 hex digits of its bits. */
interface Sample {
  readonly time: number;
  readonly bits: bigint;
}

const STALE = 0x7ff0000000000002n;
const TIME_MAX = Number.MAX_SAFE_INTEGER;

describe('xorAppend()', () => {
  it('writes the bytes of an independent writer for every length from 0 to 130', () => {
    for (const shape of Object.values(SHAPES)) {
      for (let length = 0; length <= 130; length++) check(shape(length));
    }
  });

  it('writes every delta-of-delta at the edges of its buckets', () => {
    for (const edge of [
      1,
      8191,
      8192,
      8193,
      65535,
      65536,
      65537,
      524287,
      524288,
      524289,
      2 ** 31,
      2 ** 32 + 1,
      2 ** 40,
    ]) {
      for (const dod of [edge, -edge]) {
        const delta = 2 ** 41;
        check([0, delta, 2 * delta + dod, 3 * delta + 2 * dod].map((time) => ({ time, bits: 1n })));
      }
    }
  });

  it('writes every pair of leading and trailing zeros', () => {
    for (let leading = 0; leading < 64; leading++) {
      for (let trailing = 0; trailing + leading < 64; trailing++) {
        const changed = (1n << BigInt(63 - leading)) | (1n << BigInt(trailing));
        check([0n, changed, 0n, changed, changed ^ 1n].map((bits, i) => ({ time: 1000 * i, bits })));
      }
    }
  });

  it('takes times at both ends of what a double holds exactly', () => {
    const times = [-TIME_MAX, -TIME_MAX + 1, 0, 1, TIME_MAX - 2, TIME_MAX - 1, TIME_MAX];
    check(times.map((time) => ({ time, bits: 5n })));
    check([-TIME_MAX, 2, TIME_MAX].map((time) => ({ time, bits: 5n })));
    check([-TIME_MAX, TIME_MAX - 7, TIME_MAX - 6].map((time) => ({ time, bits: 5n })));
    check([-TIME_MAX, -1, TIME_MAX - 4, TIME_MAX - 3].map((time) => ({ time, bits: 5n })));
  });

  it('writes the same bytes where the usual samples go the short way, and nothing beyond its room', () => {
    fc.assert(
      fc.property(fc.oneof(samples, steadySamples), (list) => {
        const plain = encode(list);
        const short = encode(list, true);
        expect(hex(short.bytes)).toBe(hex(plain.bytes));
        expect(short.lengths).toEqual(plain.lengths);
      }),
      { numRuns: 300 },
    );
  });

  it('adds at most the room that it asks for', () => {
    fc.assert(
      fc.property(samples, (list) => {
        const { lengths } = encode(list);
        for (let i = 1; i < lengths.length; i++) {
          if (lengths[i]! - lengths[i - 1]! > XOR_APPEND_BYTES_MAX) return false;
        }
        return true;
      }),
    );
  });

  it('writes the bytes of an independent writer for any samples', () => {
    fc.assert(
      fc.property(samples, (list) => {
        expect(hex(encode(list).bytes)).toBe(hex(naiveChunk(list)));
      }),
    );
  });
});

describe('xorDecode()', () => {
  it('gives back what was written, wherever the chunk ends in its buffer', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 17 }), (list, after, before) => {
        const { bytes } = encode(list);
        const buffer = new Uint8Array(before + bytes.length + after).fill(0xa5);
        buffer.set(bytes, before);
        const decoded = decode(buffer, before, before + bytes.length, list.length);
        expect(decoded.end).toBe(before + bytes.length);
        expect(decoded.samples).toEqual(list);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps NaN payloads and stale markers', () => {
    const payloads = [STALE, 0x7ff8000000000001n, 0x7ff8000000000000n, 0xfff8000000000123n, 0x7ff4dead0000beefn, STALE];
    check(payloads.map((bits, i) => ({ time: 15_000 * i, bits })));
  });

  it('gives the first samples of a chunk that goes on', () => {
    const list = SHAPES.counter(120);
    const { bytes } = encode(list);
    for (let count = 0; count <= 120; count++) {
      expect(decode(bytes, 0, bytes.length, count).samples).toEqual(list.slice(0, count));
    }
  });

  it('reports a chunk that is cut at any byte', () => {
    for (const shape of Object.values(SHAPES)) {
      const { bytes } = encode(shape(60));
      for (let length = 0; length < bytes.length; length++) {
        // Alone in its buffer, and with other bytes behind it.
        expect(decode(bytes.slice(0, length), 0, length, 60).end).toBeLessThan(0);
        expect(decode(bytes, 0, length, 60).end).toBeLessThan(0);
      }
    }
  });

  it('never throws and never reads outside for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 300 }), (bytes, count) => {
        const { end } = decode(bytes, 0, bytes.length, count);
        expect(end < 0 || (end >= 2 && end <= bytes.length)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('names what is wrong', () => {
    const { bytes } = encode(SHAPES.counter(10));
    expect(decode(bytes, 0, 9, 10).end).toBe(XOR_TRUNCATED);
    const endlessVarint = new Uint8Array(40).fill(0xff);
    expect(decode(endlessVarint, 0, 40, 1).end).toBe(XOR_MALFORMED);
    const bits = new BitWriter();
    bits.varint(2n ** 60n);
    bits.write(0n, 64);
    expect(decode(bits.chunk(1), 0, bits.chunk(1).length, 1).end).toBe(XOR_TIME_OUT_OF_RANGE);
    for (const padding of [0, 64]) {
      const wide = new BitWriter();
      wide.varint(0n);
      wide.write(0n, 64);
      wide.write(1n, 8);
      wide.write(0b0n, 1);
      wide.write(0b0n, 1);
      // A window of 31 leading zeros and 63 bits.
      wide.write(0b11n, 2);
      wide.write(31n, 5);
      wide.write(63n, 6);
      wide.write(0n, 63 + padding * 8);
      expect(decode(wide.chunk(3), 0, wide.chunk(3).length, 3).end).toBe(XOR_MALFORMED);
    }
  });
});

describe('xorCountBytes()', () => {
  it('gives the header that a big-endian reader expects', () => {
    const bytes = new Uint8Array(2);
    for (const count of [0, 1, 120, 255, 256, 65_535]) {
      new Uint16Array(bytes.buffer)[0] = xorCountBytes(count);
      expect(new DataView(bytes.buffer).getUint16(0)).toBe(count);
    }
  });
});

const value = new Float64Array(1);
const valueBits = new BigUint64Array(value.buffer);

function bitsOf(number: number): bigint {
  value[0] = number;
  return valueBits[0]!;
}

/** What series look like, by length. */
const SHAPES = {
  constant: (length: number): Sample[] =>
    column(
      length,
      (i) => 15_000 * i,
      () => bitsOf(1),
    ),
  counter: (length: number): Sample[] =>
    column(
      length,
      (i) => 1.7e12 + 15_000 * i,
      (i) => bitsOf(1000 + 7 * i),
    ),
  jitter: (length: number): Sample[] =>
    column(
      length,
      (i) => 1.7e12 + 15_000 * i + ((i * 7919) % 23),
      (i) => bitsOf(20 + Math.sin(i)),
    ),
  gaps: (length: number): Sample[] =>
    column(
      length,
      (i) => 1000 * i ** 3,
      (i) => bitsOf(i % 3 === 0 ? 0.1 * i : 5),
    ),
  stale: (length: number): Sample[] =>
    column(
      length,
      (i) => -7 * (200 - i),
      (i) => (i % 5 === 4 ? STALE : bitsOf(i)),
    ),
};

function column(length: number, time: (i: number) => number, bits: (i: number) => bigint): Sample[] {
  return Array.from({ length }, (_, i) => ({ time: time(i), bits: bits(i) }));
}

const bits64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.integer({ min: -1000, max: 1000 }).map(bitsOf),
  fc.double().map(bitsOf),
  fc.constantFrom(STALE, 0x7ff8000000000001n, 0n, 2n ** 63n),
);
const step = fc.oneof(
  fc.constant(15_000),
  fc.integer({ min: 1, max: 20_000 }),
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  fc.integer({ min: 1, max: 2 ** 50 }),
);
/** Up to 150 samples with strictly rising times inside the range that is exact. */
const samples = fc
  .tuple(
    fc.oneof(fc.integer({ min: -TIME_MAX, max: TIME_MAX }), fc.constant(1.7e12), fc.constant(-TIME_MAX)),
    fc.array(fc.tuple(step, bits64), { maxLength: 150 }),
  )
  .map(([first, rest]) => {
    const list: Sample[] = [];
    let time = first;
    for (const [delta, bits] of rest) {
      list.push({ time, bits });
      if (time + delta > TIME_MAX) break;
      time += delta;
    }
    return list;
  });

/** Times at a pace with more or less jitter. */
const steadySamples = fc
  .array(fc.tuple(fc.constantFrom(0, 0, 5, -3, 9000, -20_000, 70_000, 200_000), bits64), { maxLength: 130 })
  .map((list) => list.map(([jitter, bits], i): Sample => ({ time: 1.7e12 + 300_000 * i + jitter, bits })));

function check(list: readonly Sample[]): void {
  const { bytes } = encode(list);
  expect(hex(encode(list, true).bytes)).toBe(hex(bytes));
  expect(hex(bytes)).toBe(hex(naiveChunk(list)));
  const decoded = decode(bytes, 0, bytes.length, list.length);
  expect(decoded.samples).toEqual(list);
  expect(decoded.end).toBe(bytes.length);
}

/** Encodes into a buffer full of garbage; `lengths` are the chunk's bytes after each sample. */
function encode(list: readonly Sample[], isShort = false): { bytes: Uint8Array; lengths: number[] } {
  const buffer = new Uint8Array(2 + XOR_APPEND_BYTES_MAX * list.length).fill(0x5a);
  const view = new DataView(buffer.buffer);
  const doubles = new Float64Array(XOR_STATE_DOUBLES + 1);
  const words = new Uint32Array(doubles.buffer);
  const at = 1;
  doubles[at] = Number.NEGATIVE_INFINITY;
  xorBegin(buffer, 0, words, at);
  const lengths = [xorByteLength(words, at)];
  for (const { time, bits } of list) {
    const low = Number(bits & 0xffffffffn);
    const high = Number(bits >> 32n);
    const room = lengths.at(-1)! + XOR_APPEND_BYTES_MAX;
    if (room < buffer.length) buffer[room] = 0x5a;
    if (!isShort || !xorAppendUsual(view, 0, doubles, words, at, time, low, high)) {
      xorAppend(buffer, 0, doubles, words, at, time, low, high);
    }
    if (room < buffer.length) expect(buffer[room]).toBe(0x5a);
    view.setUint16(0, words[2 * at + XOR_STATE_COUNT]!);
    lengths.push(xorByteLength(words, at));
  }
  return { bytes: buffer.slice(0, lengths.at(-1)), lengths };
}

function decode(bytes: Uint8Array, offset: number, end: number, count: number): { end: number; samples: Sample[] } {
  const times = new Float64Array(count + 3);
  const values = new Float64Array(count + 3);
  const bits = new Uint32Array(values.buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const after = xorDecode(bytes, view, offset, end, count, times, bits, 3);
  const list = column(
    count,
    (i) => times[i + 3]!,
    (i) => (BigInt(bits[2 * i + 7]!) << 32n) | BigInt(bits[2 * i + 6]!),
  );
  return { end: after, samples: list };
}

/** Writes bit after bit, in 64-bit arithmetic: slow, and written without a look at the kernel. */
class BitWriter {
  #bits = '';

  write(number: bigint, count: number): void {
    this.#bits += BigInt.asUintN(count, number).toString(2).padStart(count, '0');
  }

  uvarint(number: bigint): void {
    let left = number;
    for (; left >= 128n; left >>= 7n) this.write((left & 127n) | 128n, 8);
    this.write(left, 8);
  }

  varint(number: bigint): void {
    this.uvarint(number >= 0n ? number * 2n : -number * 2n - 1n);
  }

  chunk(count: number): Uint8Array {
    const body = this.#bits.match(/.{1,8}/g) ?? [];
    return Uint8Array.from([count >> 8, count & 255, ...body.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2))]);
  }
}

function naiveChunk(list: readonly Sample[]): Uint8Array {
  const out = new BitWriter();
  let window: { leading: number; trailing: number } | null = null;
  for (const [i, { time, bits }] of list.entries()) {
    const delta = i > 0 ? BigInt(time) - BigInt(list[i - 1]!.time) : 0n;
    if (i === 0) {
      out.varint(BigInt(time));
      out.write(bits, 64);
      continue;
    }
    if (i === 1) {
      out.uvarint(delta);
    } else {
      const dod = delta - (BigInt(list[i - 1]!.time) - BigInt(list[i - 2]!.time));
      const fits = (size: bigint): boolean => dod >= -(2n ** (size - 1n)) + 1n && dod <= 2n ** (size - 1n);
      if (dod === 0n) out.write(0n, 1);
      else if (fits(14n)) {
        out.write(0b10n, 2);
        out.write(dod, 14);
      } else if (fits(17n)) {
        out.write(0b110n, 3);
        out.write(dod, 17);
      } else if (fits(20n)) {
        out.write(0b1110n, 4);
        out.write(dod, 20);
      } else {
        out.write(0b1111n, 4);
        out.write(dod, 64);
      }
    }
    const xor = bits ^ list[i - 1]!.bits;
    if (xor === 0n) {
      out.write(0n, 1);
      continue;
    }
    const text = xor.toString(2).padStart(64, '0');
    const leading = Math.min(31, text.indexOf('1'));
    const trailing = 63 - text.lastIndexOf('1');
    if (window !== null && leading >= window.leading && trailing >= window.trailing) {
      out.write(0b10n, 2);
    } else {
      window = { leading, trailing };
      out.write(0b11n, 2);
      out.write(BigInt(leading), 5);
      out.write(BigInt(64 - leading - trailing), 6);
    }
    out.write(xor >> BigInt(window.trailing), 64 - window.leading - window.trailing);
  }
  return out.chunk(list.length);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
