import fc from 'fast-check';

/** A sample as a test writes it: the value by its bits, the start time 0 where it has none. */
export interface Sample {
  readonly time: number;
  readonly value: bigint;
  readonly start: number;
}

export const STALE = 0x7ff0000000000002n;

const value = fc.oneof(
  fc.constantFrom(0n, STALE, 0x8000000000000000n, 0x7ff8000000000001n, 0x7ff0000000000000n, 0x3ff0000000000000n),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);
/** Samples of one chunk. */
export const chunks: fc.Arbitrary<Sample[]> = fc
  .record({
    first: fc.oneof(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), fc.constant(1_700_000_000_000)),
    steps: fc.array(
      fc.record({
        delta: fc.oneof(fc.constant(15_000), fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 1, max: 2 ** 40 })),
        value: fc.oneof(value, fc.constant(null)),
        start: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(2 ** 40) }),
      }),
      { minLength: 1, maxLength: 200, size: 'max' },
    ),
  })
  .map(({ first, steps }) => {
    const samples: Sample[] = [];
    let time = first;
    for (const step of steps) {
      const last = samples.at(-1);
      samples.push({ time, value: step.value ?? last?.value ?? 0n, start: step.start ?? last?.start ?? 0 });
      time += step.delta;
    }
    return samples;
  });

/** Writes a chunk as the format page says, as a string of bits. */
export function xor2Chunk(samples: readonly Sample[]): Uint8Array {
  let bits = '';
  let baseline = 0n;
  let window: { leading: number; trailing: number } | null = null;
  const put = (number: bigint, size: number): void => {
    bits += BigInt.asUintN(size, number).toString(2).padStart(size, '0');
  };
  const putUvarint = (number: bigint): void => {
    let rest = BigInt.asUintN(64, number);
    for (; rest >= 0x80n; rest >>= 7n) put((rest & 0x7fn) | 0x80n, 8);
    put(rest, 8);
  };
  const putVarint = (number: bigint): void => putUvarint((number << 1n) ^ (number >> 63n));
  const putChanged = (to: bigint, reuse: string, fresh: string): void => {
    const changed = to ^ baseline;
    const text = changed.toString(2).padStart(64, '0');
    const leading = Math.min(31, text.indexOf('1'));
    const trailing = 63 - text.lastIndexOf('1');
    baseline = to;
    if (window !== null && leading >= window.leading && trailing >= window.trailing) {
      bits += reuse;
    } else {
      window = { leading, trailing };
      bits += fresh;
      put(BigInt(leading), 5);
      put(BigInt((64 - leading - trailing) % 64), 6);
    }
    put(changed >> BigInt(window.trailing), 64 - window.leading - window.trailing);
  };
  const putValue = (to: bigint): void => {
    if (to === STALE) bits += '111';
    else if (to === baseline) bits += '0';
    else putChanged(to, '10', '110');
  };
  let header = 0;
  let delta = 0n;
  let difference = 0n;
  for (const [i, { start, time, value: to }] of samples.entries()) {
    const before = samples[i - 1];
    if (i === 0) {
      putVarint(BigInt(time));
      put(to, 64);
      if (to !== STALE) baseline = to;
      if (start !== 0) {
        header = 0x80;
        putVarint(BigInt(time - start));
      }
      continue;
    }
    const step = BigInt(time) - BigInt(before!.time);
    const dod = step - delta;
    delta = step;
    if (i === 1) {
      putUvarint(step);
      putValue(to);
    } else if (dod === 0n) {
      if (to === STALE) bits += '11111';
      else if (to === baseline) bits += '0';
      else {
        bits += '10';
        putChanged(to, '0', '1');
      }
    } else {
      if (dod >= -4096n && dod < 4096n) bits += `110${BigInt.asUintN(13, dod).toString(2).padStart(13, '0')}`;
      else if (dod >= -524288n && dod < 524288n) bits += `1110${BigInt.asUintN(20, dod).toString(2).padStart(20, '0')}`;
      else bits += `11110${BigInt.asUintN(64, dod).toString(2).padStart(64, '0')}`;
      putValue(to);
    }
    const from = header & 0x7f;
    if (from === 0 && start === before!.start && i !== 127) continue;
    const next = BigInt(before!.time) - BigInt(start);
    if (from === 0) header |= i;
    bits += varbit(from === 0 ? next : next - difference);
    difference = next;
  }
  const bytes = [samples.length >>> 8, samples.length & 0xff, header];
  for (let at = 0; at < bits.length; at += 8) bytes.push(Number.parseInt(bits.slice(at, at + 8).padEnd(8, '0'), 2));
  return Uint8Array.from(bytes);
}

function varbit(number: bigint): string {
  if (number === 0n) return '0';
  for (const [ones, size] of [3, 6, 9, 12, 18, 25, 56].entries()) {
    const half = 1n << BigInt(size - 1);
    if (number <= -half || number > half) continue;
    const prefix = `${'1'.repeat(ones + 1)}0`;
    return prefix + BigInt.asUintN(size, number).toString(2).padStart(size, '0');
  }
  return '1'.repeat(8) + BigInt.asUintN(64, number).toString(2).padStart(64, '0');
}
