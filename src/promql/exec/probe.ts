import type { Spend } from '../../kernels/blocks.ts';
import type { Clock } from '../../std/clock.ts';
import type { SampleColumn } from '../../storage/query.ts';
import type { Plan } from '../plan/plan.ts';
import { countPresent, type StepColumn } from '../steps/step-column.ts';
import type { QueryBudget } from './budget.ts';
import type { Operators, RangeOperator, ScalarOperator, SeriesHeads, VectorOperator } from './operator.ts';

/** What one node of a plan has given and taken; without its inputs. */
export interface NodeCost {
  /** Series given. */
  series: number;
  /** Samples or values on steps that these had. */
  samples: number;
  /** Memory taken, as the query's budget counts it. */
  bytes: number;
  /** Time spent, ms; waiting for others' turns is not among it. */
  milliseconds: number;
}

/**
 * Measures the operators of one query. Operators of a query never run side by side, so a stack tells which of them is
 * at work: time and bytes go to the one on top.
 */
export class Probe {
  readonly costs = new Map<Plan, NodeCost>();
  readonly #clock: Clock;
  readonly #budget: QueryBudget;
  /** What is done outside of all operators, such as writing the answer, goes to the bottom. */
  readonly #stack: NodeCost[] = [createCost()];
  #since: number;
  #bytes = 0;

  constructor(clock: Clock, budget: QueryBudget) {
    this.#clock = clock;
    this.#budget = budget;
    this.#since = clock.monotonic();
  }

  /** Makes the operator of a node, and gives it back in a form that is measured. */
  build<Built extends Operators>(plan: Plan, make: () => Built): Built {
    let cost = this.costs.get(plan);
    if (cost === undefined) {
      cost = createCost();
      this.costs.set(plan, cost);
    }
    this.enter(cost);
    const built = make();
    this.leave();
    const { vector, scalar, range } = built;
    return {
      ...built,
      vector: vector === null ? null : new ProbedVector(vector, cost, this),
      scalar: scalar === null ? null : new ProbedScalar(scalar, cost, this),
      range: range === null ? null : new ProbedRange(range, cost, this),
    };
  }

  enter(cost: NodeCost): void {
    this.#settle();
    this.#stack.push(cost);
  }

  leave(): void {
    this.#settle();
    this.#stack.pop();
  }

  get spending(): Spend {
    return this.#budget.spending;
  }

  /** Counts what a call of a node takes that may wait. */
  async during<T>(cost: NodeCost, call: () => Promise<T>): Promise<T> {
    this.enter(cost);
    const result = await call();
    this.leave();
    return result;
  }

  /** A pause of the query, which costs nobody anything. */
  async duringPause(pause: () => Promise<void>): Promise<void> {
    this.#settle();
    await pause();
    this.#since = this.#clock.monotonic();
  }

  #settle(): void {
    const now = this.#clock.monotonic();
    const { bytesTaken: bytes } = this.#budget;
    const top = this.#stack[this.#stack.length - 1]!;
    top.milliseconds += now - this.#since;
    top.bytes += bytes - this.#bytes;
    this.#since = now;
    this.#bytes = bytes;
  }
}

function createCost(): NodeCost {
  return { series: 0, samples: 0, bytes: 0, milliseconds: 0 };
}

class ProbedVector implements VectorOperator {
  readonly #vector: VectorOperator;
  readonly #cost: NodeCost;
  readonly #probe: Probe;

  constructor(vector: VectorOperator, cost: NodeCost, probe: Probe) {
    this.#vector = vector;
    this.#cost = cost;
    this.#probe = probe;
  }

  async series(): Promise<SeriesHeads> {
    return await this.#probe.during(this.#cost, () => this.#vector.series());
  }

  next(): StepColumn | null {
    this.#probe.enter(this.#cost);
    const column = this.#vector.next();
    this.#probe.leave();
    if (column === null) return null;
    this.#cost.series++;
    this.#cost.samples += countPresent(column, this.#probe.spending);
    return column;
  }
}

class ProbedScalar implements ScalarOperator {
  readonly #scalar: ScalarOperator;
  readonly #cost: NodeCost;
  readonly #probe: Probe;

  constructor(scalar: ScalarOperator, cost: NodeCost, probe: Probe) {
    this.#scalar = scalar;
    this.#cost = cost;
    this.#probe = probe;
  }

  async read(): Promise<Float64Array> {
    const values = await this.#probe.during(this.#cost, () => this.#scalar.read());
    this.#cost.samples += values.length;
    return values;
  }
}

class ProbedRange implements RangeOperator {
  readonly #range: RangeOperator;
  readonly #cost: NodeCost;
  readonly #probe: Probe;

  constructor(range: RangeOperator, cost: NodeCost, probe: Probe) {
    this.#range = range;
    this.#cost = cost;
    this.#probe = probe;
  }

  get window(): RangeOperator['window'] {
    return this.#range.window;
  }

  get seen(): RangeOperator['seen'] {
    return this.#range.seen;
  }

  get isRead(): boolean {
    return this.#range.isRead;
  }

  async series(): Promise<SeriesHeads> {
    return await this.#probe.during(this.#cost, () => this.#range.series());
  }

  next(into: SampleColumn): boolean {
    this.#probe.enter(this.#cost);
    const isThere = this.#range.next(into);
    this.#probe.leave();
    if (!isThere) return false;
    this.#cost.series++;
    this.#cost.samples += into.length;
    return true;
  }
}
