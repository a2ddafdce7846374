import { blockEnd, type Spend } from '../../../kernels/blocks.ts';
import { patternSort } from '../../../kernels/pattern-sort.ts';
import { NO_FLOATS, NO_UINT32 } from '../../../std/empty-arrays.ts';
import type { AggregatePlan } from '../../plan/plan.ts';
import type { StepColumn } from '../../steps/step-column.ts';
import type { QueryBudget } from '../budget.ts';
import type { QueryContext } from '../context.ts';
import { drain } from '../drain.ts';
import { ignoreHistograms } from '../ignore-histograms.ts';
import type { ScalarOperator, SeriesHeads, VectorOperator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import { ENTRY_BYTES } from '../sizes.ts';
import { FirstSeen } from './first-seen.ts';
import { groupRows } from './group-rows.ts';
import { checkCount, parameterFromValues } from './parameter.ts';

/**
 * The k greatest or least values of each group and step. Every (group, step) cell has a heap of at most k entries, its
 * weakest on top; so memory is groups x steps x k, and never more than series x steps.
 */
export class TopK implements VectorOperator {
  readonly #plan: AggregatePlan;
  readonly #param: ScalarOperator;
  readonly #input: VectorOperator;
  readonly #scope: Scope;
  readonly #context: QueryContext;
  #out: StepColumn | null = null;
  /** For each output series: where its winnings begin in the lists below, and one more end. */
  #starts: Uint32Array = new Uint32Array(1);
  #steps: Uint32Array = NO_UINT32;
  #values: Float64Array = NO_FLOATS;
  #at = 0;

  constructor(plan: AggregatePlan, param: ScalarOperator, input: VectorOperator, scope: Scope, context: QueryContext) {
    this.#plan = plan;
    this.#param = param;
    this.#input = input;
    this.#scope = scope;
    this.#context = context;
  }

  async series(): Promise<SeriesHeads> {
    const { grouping, without, op, position } = this.#plan;
    const { budget } = this.#context;
    const { count } = this.#scope.grid;
    const before = budget.current;
    const k = parameterFromValues(await this.#param.read(), budget);
    const heads = await this.#input.series();
    const place = budget.held.hold(heads);
    const { groupOf, labels: groupLabels } = await groupRows(heads, grouping, without, budget);
    const wanted = await checkCount(k, this.#input, budget);
    const heaps = new Heaps(
      op === 'topk',
      groupOf,
      groupLabels.length,
      wanted ? k.values : new Float64Array(count),
      budget,
    );
    const seen = new FirstSeen(groupLabels.length);
    await drain(this.#input, budget, (column, row) => {
      if (!wanted) return;
      seen.note(groupOf[row]!, column);
      ignoreHistograms(column, op, position, this.#context);
      heaps.offer(column, row, groupOf[row]!, budget.spending);
    });
    budget.settle(before, 0);
    const collected = this.#collect(heaps, heads, seen.groups);
    budget.giveBack(heaps.bytes);
    budget.held.letGo(place);
    return collected;
  }

  next(): StepColumn | null {
    const series = this.#at++;
    if (series >= this.#starts.length - 1) return null;
    const { budget } = this.#context;
    const out = (this.#out ??= budget.column(this.#scope.grid.count));
    out.present.fill(0);
    out.histograms = null;
    const end = this.#starts[series + 1]!;
    for (let i = this.#starts[series]!; i < end; i++) {
      const step = this.#steps[i]!;
      out.present[step] = 1;
      out.values[step] = this.#values[i]!;
    }
    budget.hold(end - this.#starts[series]!);
    budget.spend(end - this.#starts[series]!);
    return out;
  }

  /** Turns winners by cell into winners by series; in an instant query the strongest of each group comes first. */
  #collect(heaps: Heaps, heads: SeriesHeads, groups: Uint32Array): SeriesHeads {
    const { count } = this.#scope.grid;
    const { budget } = this.#context;
    const order: number[] = [];
    const place = new Int32Array(heads.labels.length).fill(-1);
    const sizes: number[] = [];
    for (const group of groups) {
      for (let step = 0; step < count; step++) {
        heaps.sort(group, step, budget.spending);
        heaps.each(group, step, (row) => {
          if (place[row] === -1) {
            place[row] = order.length;
            order.push(row);
            sizes.push(0);
          }
          sizes[place[row]!]!++;
        });
      }
    }
    this.#starts = new Uint32Array(order.length + 1);
    for (let i = 0; i < order.length; i++) this.#starts[i + 1] = this.#starts[i]! + sizes[i]!;
    const total = this.#starts[order.length]!;
    budget.takeBytes(WINNER_BYTES * total + WINNING_SERIES_BYTES * order.length);
    this.#steps = new Uint32Array(total);
    this.#values = new Float64Array(total);
    const next = this.#starts.slice();
    for (const group of groups) {
      for (let step = 0; step < count; step++) {
        budget.spend(heaps.lengthOf(group, step));
        heaps.each(group, step, (row, value) => {
          const at = next[place[row]!]!++;
          this.#steps[at] = step;
          this.#values[at] = value;
        });
      }
    }
    return {
      labels: order.map((row) => heads.labels[row]!),
      dropName: heads.dropName === null ? null : Uint8Array.from(order, (row) => heads.dropName![row]!),
    };
  }
}

/** An entry of a heap: its value and its row; and the length of a heap. */
const HEAP_ENTRY_BYTES = 12;
const LENGTH_BYTES = 4;
/** A winner: its step and its value. And a series with winners, in three lists. */
const WINNER_BYTES = 12;
const WINNING_SERIES_BYTES = 3 * ENTRY_BYTES;
/** Comparing two entries takes as long as so many samples. */
const COMPARING_WORK = 1;

/** One bounded heap for each group and step, all in two arrays. */
class Heaps {
  readonly #top: boolean;
  readonly #wanted: Float64Array;
  readonly #count: number;
  /** What all of it takes. */
  readonly bytes: number;
  /** Entries per cell of each group, and where the group's cells begin. */
  readonly #capacity: Uint32Array;
  readonly #start: Float64Array;
  readonly #values: Float64Array;
  readonly #rows: Uint32Array;
  readonly #lengths: Uint32Array;

  constructor(top: boolean, groupOf: Uint32Array, groupCount: number, wanted: Float64Array, budget: QueryBudget) {
    this.#top = top;
    this.#wanted = budget.floats(wanted.length);
    let most = 0;
    for (let i = 0; i < wanted.length; ) {
      const stop = blockEnd(i, wanted.length, budget.spending);
      for (; i < stop; i++) {
        const k = Math.trunc(wanted[i]!);
        this.#wanted[i] = k;
        if (k > most) most = k;
      }
    }
    this.#count = wanted.length;
    const sizes = new Uint32Array(groupCount);
    for (const group of groupOf) sizes[group]!++;
    this.#capacity = sizes.map((size) => Math.min(size, most));
    this.#start = new Float64Array(groupCount);
    let total = 0;
    for (let group = 0; group < groupCount; group++) {
      this.#start[group] = total;
      total += this.#capacity[group]! * this.#count;
    }
    budget.keep(total, HEAP_ENTRY_BYTES);
    budget.keep(groupCount * this.#count, LENGTH_BYTES);
    this.bytes = HEAP_ENTRY_BYTES * total + LENGTH_BYTES * groupCount * this.#count;
    this.#values = new Float64Array(total);
    this.#rows = new Uint32Array(total);
    this.#lengths = new Uint32Array(groupCount * this.#count);
  }

  offer(column: StepColumn, row: number, group: number, spend: Spend): void {
    const { values, present } = column;
    const capacity = this.#capacity[group]!;
    const cells = group * this.#count;
    const wanted = this.#wanted;
    const lengths = this.#lengths;
    const kept = this.#values;
    let base = this.#start[group]!;
    for (let i = 0; i < present.length; ) {
      const stop = blockEnd(i, present.length, spend);
      for (; i < stop; i++, base += capacity) {
        if (present[i] === 0) continue;
        const k = wanted[i]! < capacity ? wanted[i]! : capacity;
        if (k < 1) continue;
        const length = lengths[cells + i]!;
        const value = values[i]!;
        if (length < k) {
          kept[base + length] = value;
          this.#rows[base + length] = row;
          lengths[cells + i] = length + 1;
          this.#up(base, length);
        } else if (this.#beats(value, kept[base]!)) {
          kept[base] = value;
          this.#rows[base] = row;
          this.#down(base, length);
        }
      }
    }
  }

  /** Puts a cell's entries in order, the strongest first, NaN last; equal ones come as the reference's sort leaves them. */
  sort(group: number, step: number, spend: Spend): void {
    const base = this.#start[group]! + step * this.#capacity[group]!;
    spend(1);
    patternSort(
      {
        isLess: (a, b) => {
          spend(COMPARING_WORK);
          return this.#weaker(base + b, base + a);
        },
        swap: (a, b) => this.#swap(base + a, base + b),
      },
      this.lengthOf(group, step),
    );
  }

  lengthOf(group: number, step: number): number {
    return this.#lengths[group * this.#count + step]!;
  }

  each(group: number, step: number, visit: (row: number, value: number) => void): void {
    const length = this.lengthOf(group, step);
    const base = this.#start[group]! + step * this.#capacity[group]!;
    for (let i = base; i < base + length; i++) visit(this.#rows[i]!, this.#values[i]!);
  }

  /** A newcomer replaces the weakest entry only if it is really stronger; any number is stronger than NaN. */
  #beats(value: number, weakest: number): boolean {
    if (Number.isNaN(weakest)) return !Number.isNaN(value);
    return this.#top ? weakest < value : weakest > value;
  }

  /** True where the entry at `a` is weaker than that at `b`, or may be. */
  #weaker(a: number, b: number): boolean {
    const x = this.#values[a]!;
    if (Number.isNaN(x)) return true;
    return this.#top ? x < this.#values[b]! : x > this.#values[b]!;
  }

  #up(base: number, from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#weaker(base + at, base + parent)) return;
      this.#swap(base + at, base + parent);
      at = parent;
    }
  }

  #down(base: number, length: number): void {
    for (let at = 0; ; ) {
      let child = 2 * at + 1;
      if (child >= length) return;
      if (child + 1 < length && this.#weaker(base + child + 1, base + child)) child++;
      if (!this.#weaker(base + child, base + at)) return;
      this.#swap(base + at, base + child);
      at = child;
    }
  }

  #swap(a: number, b: number): void {
    const value = this.#values[a]!;
    const row = this.#rows[a]!;
    this.#values[a] = this.#values[b]!;
    this.#rows[a] = this.#rows[b]!;
    this.#values[b] = value;
    this.#rows[b] = row;
  }
}
