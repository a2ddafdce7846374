import { sortRuns } from '../../kernels/sort-runs.ts';
import type { HeadMemory } from './head-memory.ts';
import type { LabelIndex } from './label-index.ts';
import type { LabelLookup } from './label-lookup.ts';
import type { UnloggedSeries } from './unlogged-series.ts';

/** Rows given back in one step of `finish`. */
const STEP_ROWS = 512;

export interface SeriesRemovalParts {
  readonly memory: HeadMemory;
  readonly lookup: LabelLookup;
  readonly labelIndex: LabelIndex;
  readonly unlogged: UnloggedSeries;
  /** Makes all refs of a row unknown, and returns them. */
  readonly forget: (row: number) => number[];
}

/**
 * Takes series out of the head in two parts, so that a million of them never hold the event loop up. `add` makes a series
 * unknown to whoever resolves labels or refs, at once. `finish` takes the rows out of the label index, step by step, and
 * gives them back; until then selects may still come across them, but find no samples there.
 */
export class SeriesRemoval {
  readonly #parts: SeriesRemovalParts;
  readonly #rows: number[] = [];
  /** Name and value ids of the lists that the rows are in, each pair once. */
  readonly #pairs: number[] = [];
  readonly #refs = new Set<number>();

  constructor(parts: SeriesRemovalParts) {
    this.#parts = parts;
  }

  /** Series added so far. */
  get count(): number {
    return this.#rows.length;
  }

  /** A row in use. Returns the refs that are unknown from now on. */
  add(row: number): readonly number[] {
    const { forget, labelIndex, lookup, memory, unlogged } = this.#parts;
    const { labelLog, series } = memory;
    lookup.delete(row);
    const refs = forget(row);
    if (unlogged.count > 0) for (const ref of refs) this.#refs.add(ref);
    const position = series.labels(row);
    const words = labelLog.slabOf(position);
    const offset = labelLog.offsetOf(position);
    const end = offset + 2 * words[offset]!;
    for (let at = offset + 1; at < end; at += 2) {
      if (labelIndex.mark(words[at]!, words[at + 1]!)) this.#pairs.push(words[at]!, words[at + 1]!);
    }
    memory.outOfOrder.remove(row);
    series.retire(row);
    series.forgetSamples(row);
    this.#rows.push(row);
    return refs;
  }

  /** Yields after less than a millisecond. */
  *finish(): Generator<undefined, void> {
    const { labelIndex, memory, unlogged } = this.#parts;
    const rows = new Uint32Array(this.#rows);
    if (rows.length === 0) return;
    if (this.#refs.size > 0) unlogged.remove(this.#refs);
    // They nearly always rise.
    sortRuns(rows);
    yield;
    const isDead = new Uint8Array(rows.at(-1)! + 1);
    for (const row of rows) isDead[row] = 1;
    yield;
    const unused: number[] = [];
    yield* labelIndex.removeRows(isDead, this.#pairs, (symbol) => unused.push(symbol));
    memory.series.noteChange();
    for (let i = 0; i < rows.length; i++) {
      memory.retireRow(rows[i]!);
      if ((i + 1) % STEP_ROWS === 0) yield;
    }
    // Behind the rows: as long as one of them is there its labels can be read.
    for (let i = 0; i < unused.length; i++) {
      memory.retireSymbol(unused[i]!);
      if ((i + 1) % STEP_ROWS === 0) yield;
    }
  }
}
