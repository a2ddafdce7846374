import type { Annotation } from './annotation.ts';
import { floatText } from './annotation.ts';
import { ChunkBits, XorValue } from './chunk-bits.ts';

const NAMES = ['none', 'XOR', 'histogram', 'float histogram', 'XOR2', 'histogram ST', 'float histogram ST'];
const STALE = 0x7ff0000000000002n;

export function encodingName(encoding: bigint): string {
  return `${encoding}, ${NAMES[Number(encoding)] ?? 'unknown'}`;
}

/** The data of a chunk, which begins where the annotation stands. */
export function annotateChunk(annotation: Annotation, encoding: number, length: number): void {
  const end = annotation.at + length;
  if (encoding === 1) xor(annotation, end);
  else if (encoding === 4) xor2(annotation, end);
  else if (encoding >= 2 && encoding <= 6) histograms(annotation, encoding, end);
  else annotation.field(length, 'data');
}

function xor(annotation: Annotation, end: number): void {
  const count = Number(annotation.uint(2, 'count'));
  if (count === 0) return;
  let time = annotation.varint('time');
  let delta = 0n;
  const value = new XorValue(annotation.uint(8, 'value', floatText));
  const bits = new ChunkBits(annotation, end);
  for (let i = 1; i < count; i++) {
    if (i === 1) bits.aligned((bytes) => (delta = bytes.uvarint('delta', (step) => `${step}, time ${time + step}`)));
    else {
      const from = bits.bit;
      const prefix = bits.prefix(4);
      const size = { '0': 0, '10': 14, '110': 17, '1110': 20, '1111': 64 }[prefix]!;
      const { dod, payload } = dodOf(bits, size, false);
      delta += dod;
      bits.line(from, [prefix, payload], `delta of delta: ${dod}, time ${time + delta}`);
    }
    time += delta;
    value.next(bits, 'value');
  }
  bits.finish();
}

/** `isTwosComplement`: as XOR2 has them; in XOR the largest of a size is positive. */
function dodOf(bits: ChunkBits, size: number, isTwosComplement: boolean): { dod: bigint; payload: string } {
  if (size === 0) return { dod: 0n, payload: '' };
  const payload = bits.digits(size);
  const raw = BigInt(`0b${payload}`);
  const half = 1n << BigInt(size - 1);
  const isNegative = isTwosComplement || size === 64 ? raw >= half : raw > half;
  return { dod: isNegative ? raw - 2n * half : raw, payload };
}

function xor2(annotation: Annotation, end: number): void {
  const count = Number(annotation.uint(2, 'count'));
  const header = Number(annotation.uint(1, 'start times', startTimesText));
  if (count === 0) return;
  let time = annotation.varint('time');
  let delta = 0n;
  const first = annotation.uint(8, 'value', floatText);
  const value = new XorValue(first === STALE ? 0n : first);
  const starts = new StartTimes(header);
  const bits = new ChunkBits(annotation, end);
  starts.next(bits, 0, time, 0n);
  for (let i = 1; i < count; i++) {
    const before = time;
    if (i === 1) {
      bits.aligned((bytes) => (delta = bytes.uvarint('delta', (step) => `${step}, time ${time + step}`)));
      value2(bits, value);
    } else {
      const from = bits.bit;
      const prefix = bits.prefix(5);
      const at = `time ${time + delta}`;
      if (prefix === '0') bits.line(from, [prefix], `${at}, value: the same`);
      else if (prefix === '11111') bits.line(from, [prefix], `${at}, value: stale marker`);
      else if (prefix === '10') {
        const isNew = bits.digits(1);
        value.changed(bits, from, `${prefix} ${isNew}`, isNew === '1', `${at}, value`);
      } else {
        const size = { '110': 13, '1110': 20, '11110': 64 }[prefix]!;
        const { dod, payload } = dodOf(bits, size, true);
        delta += dod;
        bits.line(from, [prefix, payload], `delta of delta: ${dod}, time ${time + delta}`);
        value2(bits, value);
      }
    }
    time += delta;
    starts.next(bits, i, time, before);
  }
  bits.finish();
}

/** `0`, `10` and bits, `110`, a window and bits, or `111` for a stale marker. */
function value2(bits: ChunkBits, value: XorValue): void {
  const from = bits.bit;
  const prefix = bits.prefix(3);
  if (prefix === '0') bits.line(from, [prefix], 'value: the same');
  else if (prefix === '111') bits.line(from, [prefix], 'value: stale marker');
  else value.changed(bits, from, prefix, prefix === '110', 'value');
}

function startTimesText(header: bigint): string {
  const first = header >= 128n ? 'the first sample has one' : 'the first sample has none';
  const from = header & 127n;
  return `${first}, ${from === 0n ? 'none is written later' : `written from sample ${from} on`}`;
}

/** The start times behind samples. */
class StartTimes {
  readonly #header: number;
  #difference = 0n;

  constructor(header: number) {
    this.#header = header;
  }

  next(bits: ChunkBits, index: number, time: bigint, previous: bigint): void {
    if (index === 0) {
      if (this.#header >= 128) zigzag(bits, (difference) => `start time: ${difference} before, ${time - difference}`);
      return;
    }
    const from = this.#header & 127;
    if (from === 0 || index < from) return;
    bits.varbit('start time', true, (change) => {
      this.#difference = index === from ? change : this.#difference + change;
      return `${index === from ? 'difference' : 'difference changes by'} ${change}, ${previous - this.#difference}`;
    });
  }
}

/** A zigzag varint of bytes that need not be aligned. */
function zigzag(bits: ChunkBits, show: (value: bigint) => string): void {
  const from = bits.bit;
  const parts: string[] = [];
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const digits = bits.digits(8);
    parts.push(digits);
    value |= BigInt(`0b${digits.slice(1)}`) << shift;
    if (digits[0] === '0') break;
  }
  bits.line(from, parts, show((value >> 1n) ^ -(value & 1n)));
}

const RESETS = ['unknown', 'no reset', 'reset', 'gauge'];

function histograms(annotation: Annotation, encoding: number, end: number): void {
  const hasStartTimes = encoding >= 5;
  const isInteger = encoding === 2 || encoding === 5;
  let count = 0;
  let header = 0;
  const reset = (bits: bigint) => RESETS[Number(bits)]!;
  if (hasStartTimes) {
    annotation.uint(2, 'counter reset and count', (word) => {
      count = Number(word & 0x3fffn);
      return `${reset(word >> 14n)}, ${count}`;
    });
    header = Number(annotation.uint(1, 'start times', startTimesText));
  } else {
    count = Number(annotation.uint(2, 'count'));
    annotation.uint(1, 'counter reset', (byte) => reset(byte >> 6n));
  }
  const bits = new ChunkBits(annotation, end);
  const { negative, positive } = layout(bits);
  const names = [
    ...Array.from({ length: positive }, (_, i) => `positive bucket ${i}`),
    ...Array.from({ length: negative }, (_, i) => `negative bucket ${i}`),
  ];
  const sample = isInteger ? new IntegerSamples(names) : new FloatSamples(names);
  const starts = new StartTimes(header);
  let time = 0n;
  let delta = 0n;
  for (let i = 0; i < count; i++) {
    const before = time;
    bits.varbit('time', true, (change) => {
      if (i > 0) delta += change;
      time = i === 0 ? change : time + delta;
      return i === 0 ? String(time) : `delta of delta ${change}, ${time}`;
    });
    sample.next(bits, i === 0);
    starts.next(bits, i, time, before);
  }
  bits.finish();
}

function layout(bits: ChunkBits): { positive: number; negative: number } {
  const from = bits.bit;
  const byte = bits.digits(8);
  const threshold = Number(`0b${byte}`);
  if (threshold === 255) {
    bits.line(from, [byte], 'zero threshold: a double follows');
    bits.wide('zero threshold');
  } else bits.line(from, [byte], `zero threshold: ${threshold === 0 ? 0 : `2^${threshold - 244}`}`);
  const schema = bits.varbit('schema', true);
  const positive = spans(bits, 'positive');
  const negative = spans(bits, 'negative');
  if (schema === -53n) {
    let left = bits.varbit('custom bounds', false);
    for (; left > 0n; left--) {
      const start = bits.bit;
      if (bits.peek() === 0) {
        bits.line(start, [bits.digits(1)], 'bound: a double follows');
        bits.wide('bound');
      } else bits.varbit('bound', false, (value) => String((Number(value) - 1) / 1000));
    }
  }
  return { positive, negative };
}

function spans(bits: ChunkBits, side: string): number {
  let buckets = 0;
  let left = bits.varbit(`${side} spans`, false);
  for (; left > 0n; left--) {
    buckets += Number(bits.varbit('length', false));
    bits.varbit('offset', true);
  }
  return buckets;
}

interface Samples {
  /** All of a sample but its time and start time. */
  next(bits: ChunkBits, isFirst: boolean): void;
}

class IntegerSamples implements Samples {
  readonly #names: readonly string[];
  readonly #values: bigint[];
  readonly #deltas: bigint[];
  #sum = new XorValue(0n);

  constructor(buckets: readonly string[]) {
    this.#names = ['count', 'zero count', ...buckets];
    this.#values = this.#names.map(() => 0n);
    this.#deltas = this.#names.map(() => 0n);
  }

  next(bits: ChunkBits, isFirst: boolean): void {
    for (let i = 0; i < 2; i++) this.#number(bits, i, isFirst);
    if (isFirst) this.#sum = new XorValue(bits.wide('sum'));
    else this.#sum.next(bits, 'sum');
    if (this.#sum.bits === STALE) return;
    for (let i = 2; i < this.#names.length; i++) this.#number(bits, i, isFirst);
  }

  #number(bits: ChunkBits, i: number, isFirst: boolean): void {
    bits.varbit(this.#names[i]!, !isFirst || i >= 2, (change) => {
      if (!isFirst) this.#deltas[i]! += change;
      this.#values[i] = isFirst ? change : this.#values[i]! + this.#deltas[i]!;
      const shown = i < 2 ? String(this.#values[i]) : `${this.#values[i]} more than the bucket before`;
      return isFirst ? shown : `delta of delta ${change}, ${shown}`;
    });
  }
}

class FloatSamples implements Samples {
  readonly #names: readonly string[];
  readonly #values: XorValue[] = [];

  constructor(buckets: readonly string[]) {
    this.#names = ['count', 'zero count', 'sum', ...buckets];
  }

  next(bits: ChunkBits, isFirst: boolean): void {
    for (const [i, name] of this.#names.entries()) {
      if (i === 3 && this.#values[2]!.bits === STALE) return;
      if (isFirst) this.#values[i] = new XorValue(bits.wide(name));
      else this.#values[i]!.next(bits, name);
    }
  }
}
