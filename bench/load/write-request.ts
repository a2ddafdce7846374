import SnappyJS from 'snappyjs';

/** One series to write: labels in order, then how to make its value at a time. */
export interface WriteSeries {
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** null: no sample at that step. */
  valueAt(step: number): number | null;
}

/**
 * Encodes remote-write 1.0 requests (`prometheus.WriteRequest`, snappy block) for a fixed list of series. The label
 * bytes are made once; a request only adds samples.
 */
export class WriteRequestEncoder {
  readonly #series: readonly { labels: Buffer; valueAt(step: number): number | null }[];
  #buffer = Buffer.alloc(1 << 20);

  constructor(series: readonly WriteSeries[]) {
    this.#series = series.map((one) => ({
      labels: Buffer.concat(one.labels.map(([name, value]) => labelField(name, value))),
      valueAt: (step) => one.valueAt(step),
    }));
  }

  /** Samples of the series `[from, to)` at the steps `[firstStep, firstStep + steps)`; times are `start + step * stepMs`. */
  encode(range: { from: number; to: number; firstStep: number; steps: number; start: number; stepMs: number }): {
    body: Buffer;
    samples: number;
  } {
    let length = 0;
    let samples = 0;
    for (let i = range.from; i < range.to; i++) {
      const { labels, valueAt } = this.#series[i]!;
      this.#reserve(length + labels.length + range.steps * 24 + 16);
      const head = length;
      // Room for the tag and a four-byte length, which is written once the samples are in place.
      length += 5;
      length += labels.copy(this.#buffer, length);
      for (let step = range.firstStep; step < range.firstStep + range.steps; step++) {
        const value = valueAt(step);
        if (value === null) continue;
        length = writeSample(this.#buffer, length, value, range.start + step * range.stepMs);
        samples++;
      }
      const size = length - head - 5;
      this.#buffer[head] = 0x0a;
      for (let byte = 0; byte < 4; byte++) {
        this.#buffer[head + 1 + byte] = ((size >>> (7 * byte)) & 0x7f) | (byte < 3 ? 0x80 : 0);
      }
    }
    return { body: Buffer.from(SnappyJS.compress(this.#buffer.subarray(0, length))), samples };
  }

  #reserve(capacity: number): void {
    if (this.#buffer.length >= capacity) return;
    const grown = Buffer.alloc(2 * capacity);
    this.#buffer.copy(grown);
    this.#buffer = grown;
  }
}

function labelField(name: string, value: string): Buffer {
  const label = Buffer.concat([stringField(1, name), stringField(2, value)]);
  return Buffer.concat([Buffer.of(0x0a), varint(label.length), label]);
}

function stringField(field: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of((field << 3) | 2), varint(bytes.length), bytes]);
}

function writeSample(buffer: Buffer, offset: number, value: number, time: number): number {
  const encodedTime = varint(time);
  buffer[offset] = 0x12;
  buffer[offset + 1] = 9 + 1 + encodedTime.length;
  buffer[offset + 2] = 0x09;
  buffer.writeDoubleLE(value, offset + 3);
  buffer[offset + 11] = 0x10;
  encodedTime.copy(buffer, offset + 12);
  return offset + 12 + encodedTime.length;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
