import { BRACKET_CLOSE, BRACKET_OPEN, COMMA, QUOTE } from '../kernels/ascii.ts';
import { writeSampleNumber, writeTimestamp } from '../kernels/format-number.ts';
import { POINTS_KERNEL_BASE64 } from './points-kernel-code.ts';
import type { Grid } from './steps/grid.ts';
import type { StepColumn } from './steps/step-column.ts';

/** Where things lie, as `points-kernel.as` draws them. */
const VALUES = 64 * 1024;
const PRESENT = 160 * 1024;
const TEXTS = 176 * 1024;
const TEXT_SIZES = 464 * 1024;
const OUT = 480 * 1024;
const TEXT_BYTES = 24;

/** Steps of a grid: more than the API answers, and fewer than there is room for, as texts are written eight bytes at a time. */
const STEPS_MAX = 12_000;
/** Steps written at once: with 64 bytes for each, which is more than a point takes, there is room. */
const PIECE_STEPS = 2048;
/** A point is at most `,[<timestamp>,"<number>"]`, of 24 bytes before the number and as many for it. */
export const PIECE_BYTES_MAX = 64 * PIECE_STEPS;

/** What of the standard is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly end: { readonly value: number };
  init(): void;
  write(from: number, to: number, at: number): number;
}

/**
 * Writes the points of columns by a WebAssembly kernel (`tools/points-kernel/`), whose 64-bit integers make decimals of doubles
 * in a third of the time. What the kernel is not sure of, some few numbers of other sizes among them, `format-number.ts` writes.
 */
export class PointWriter {
  readonly #kernel: Exports;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #values: Float64Array;
  readonly #present: Uint8Array;
  /** The grid whose times are there as texts. */
  #start = Number.NaN;
  #step = Number.NaN;
  #count = 0;

  /** Throws where the host has no addresses for the kernel's memory: it takes gigabytes of them, if little memory. */
  constructor() {
    const module = new WebAssembly.Module(Buffer.from(POINTS_KERNEL_BASE64, 'base64'));
    this.#kernel = new WebAssembly.Instance(module, {}).exports as Exports;
    this.#kernel.init();
    const { buffer } = this.#kernel.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#values = new Float64Array(buffer, VALUES, STEPS_MAX);
    this.#present = new Uint8Array(buffer, PRESENT, STEPS_MAX);
  }

  /**
   * Takes a column, which `write` then writes piece by piece; false where that is for others. Nothing else may use the writer until
   * then.
   */
  take({ values, present, histograms }: StepColumn, { start, step, count }: Grid): boolean {
    if (histograms !== null || count > STEPS_MAX) return false;
    if (start !== this.#start || step !== this.#step || count !== this.#count) this.#setGrid(start, step, count);
    this.#values.set(values);
    this.#present.set(present);
    return true;
  }

  /** Where the piece after the one from step `from` begins. */
  pieceEnd(from: number): number {
    return Math.min(from + PIECE_STEPS, this.#count);
  }

  /** The points of the steps `from .. to - 1`, a piece, each with a comma before it; until the next call. */
  write(from: number, to: number): Uint8Array {
    const kernel = this.#kernel;
    const bytes = this.#bytes;
    let stopped = kernel.write(from, to, OUT);
    let end = kernel.end.value;
    while (stopped < to) {
      end = writeSampleNumber(bytes, this.#view, end, this.#values[stopped]!);
      bytes[end] = QUOTE;
      bytes[end + 1] = BRACKET_CLOSE;
      stopped = kernel.write(stopped + 1, to, end + 2);
      end = kernel.end.value;
    }
    return bytes.subarray(OUT, end);
  }

  /** Writes the times of a grid: several panels of a page ask for the same one. */
  #setGrid(start: number, step: number, count: number): void {
    this.#start = start;
    this.#step = step;
    this.#count = count;
    const bytes = this.#bytes;
    for (let i = 0; i < count; i++) {
      const at = TEXTS + TEXT_BYTES * i;
      bytes[at] = COMMA;
      bytes[at + 1] = BRACKET_OPEN;
      const end = writeTimestamp(bytes, this.#view, at + 2, start + i * step);
      bytes[end] = COMMA;
      bytes[end + 1] = QUOTE;
      bytes[TEXT_SIZES + i] = end + 2 - at;
    }
  }
}

let writer: PointWriter | null = null;
let isRefused = false;

/** The thread's writer; null where there can be none. */
export function pointWriter(): PointWriter | null {
  if (writer !== null || isRefused) return writer;
  try {
    writer = new PointWriter();
  } catch {
    isRefused = true;
  }
  return writer;
}
