import type { FunctionFeatures } from '../../functions/contracts.ts';
import { foldTree, type Look } from '../fold-tree.ts';
import {
  isScalarPlan,
  type Plan,
  planInputs,
  type SharedScalarPlan,
  type SharedVectorPlan,
  type VectorPlan,
  withInputs,
} from '../plan.ts';

/**
 * Evaluates parts that occur several times once: aggregations and what is made of them, and numbers made of vectors, which
 * are held for all their users. Parts of many series are left alone: they stream, and holding them would take memory.
 *
 * What is evaluated is the last of the equal parts, so that annotations name the place that they would name without it.
 */
export function shareSubexpressions(root: Plan, look: Look, { useStartTimestamps }: FunctionFeatures): Plan {
  // The warning on start times counts how often it is given.
  if (useStartTimestamps || !hasSeveralCandidates(root, look)) return root;
  const parts = new EqualParts(root, look);
  // The plan of a long chain is not copied for nothing.
  if (!parts.areSome()) return root;
  const shared = new Map<number, SharedPlan>();
  const uses = new Map<number, number>();
  const plan = foldTree<Place, Plan>(
    { plan: root, scope: 0 },
    (place) => parts.inputsOnce(place),
    (place, inputs) => {
      const { plan: part } = parts.last(place);
      const key = parts.repeatedKey(place);
      if (key === null) return inputs.length === 0 ? part : withInputs(part, inputs);
      let node = shared.get(key);
      if (node === undefined) {
        node = sharedPlan(shared.size + 1, withInputs(part, inputs));
        shared.set(key, node);
      }
      uses.set(node.number, (uses.get(node.number) ?? 0) + 1);
      return node;
    },
    { look },
  );
  return withoutSingleUses(plan, uses, look);
}

type SharedPlan = SharedScalarPlan | SharedVectorPlan;

function sharedPlan(number: number, input: Plan): SharedPlan {
  return isScalarPlan(input)
    ? { kind: 'sharedScalar', number, input }
    : { kind: 'sharedVector', number, input: input as VectorPlan };
}

/** Most queries have nothing to share; they are not looked at closely. */
function hasSeveralCandidates(root: Plan, look: Look): boolean {
  return (
    foldTree<Plan, number>(
      root,
      planInputs,
      (plan, inputs) => {
        return inputs.reduce((sum, count) => sum + count, isHeld(plan) ? 1 : 0);
      },
      { look },
    ) > 1
  );
}

interface Place {
  readonly plan: Plan;
  /** Plans with equal scopes run on the same grid. */
  readonly scope: number;
}

/**
 * Which parts are equal: numbers them by what they are made of, places in the text aside. A query may have 100,000 parts, so it keeps
 * little for each, and for those that are not shared next to nothing.
 */
class EqualParts {
  readonly #numbers = new Map<Plan, number>();
  /** By number. */
  readonly #isShareable: boolean[] = [];
  /** Some part with a number that is to be shared has been seen before. */
  #areRepeated = false;
  readonly #repeats = new Map<number, Repeats>();
  readonly #scopes = new Map<Plan, number>();
  readonly #given = new Set<number>();

  constructor(root: Plan, look: Look) {
    this.#number(root, look);
    if (!this.#areRepeated) return;
    foldTree<Place, null>(
      { plan: root, scope: 0 },
      (place) => this.#inputs(place),
      () => null,
      { enter: (place) => this.#count(place), look },
    );
  }

  /** True where some part is to be shared. */
  areSome(): boolean {
    for (const { count } of this.#repeats.values()) if (count > 1) return true;
    return false;
  }

  /** What tells equal parts from others, or null where a part stands alone or is not to be shared. */
  repeatedKey(place: Place): number | null {
    const key = this.#key(place);
    return key !== null && this.#repeats.get(key)!.count > 1 ? key : null;
  }

  /** The last of the equals of a part that is to be shared; any other part itself. */
  last(place: Place): Place {
    const key = this.repeatedKey(place);
    return key === null ? place : { ...place, plan: this.#repeats.get(key)!.last };
  }

  /** The inputs of a place; where it is repeated they are given once. */
  inputsOnce(place: Place): readonly Place[] {
    const key = this.repeatedKey(place);
    if (key === null) return this.#inputs(place);
    if (this.#given.has(key)) return [];
    this.#given.add(key);
    return this.#inputs(this.last(place));
  }

  #number(root: Plan, look: Look): void {
    const ownNumbers = new Map<string, number>();
    const numbers = new Map<string, number>();
    foldTree<Plan, Facts>(
      root,
      planInputs,
      (plan, inputs) => {
        // Two texts: that of a part itself is long and mostly seen before, the one with its inputs is new and short.
        const own = numbered(ownNumbers, ownText(plan));
        const before = numbers.size;
        const number = numbered(numbers, `${own}(${inputs.map((input) => input.number).join()})`);
        const facts = { number, ...sharing(plan, inputs) };
        if (number === before) this.#isShareable.push(facts.isSmall && facts.reads && !facts.counts);
        else if (this.#isShareable[number]!) this.#areRepeated = true;
        this.#numbers.set(plan, number);
        return facts;
      },
      { look },
    );
  }

  #count(place: Place): void {
    const key = this.#key(place);
    if (key === null) return;
    const repeats = this.#repeats.get(key);
    if (repeats === undefined) this.#repeats.set(key, { count: 1, last: place.plan });
    else {
      repeats.count++;
      repeats.last = place.plan;
    }
  }

  /** A number of its own for equal parts on the same grid; null where they are not to be shared. */
  #key({ plan, scope }: Place): number | null {
    const number = this.#numbers.get(plan)!;
    return this.#isShareable[number]! ? scope * this.#isShareable.length + number : null;
  }

  #inputs({ plan, scope }: Place): readonly Place[] {
    let inner = scope;
    if (plan.kind === 'subquery' || plan.kind === 'invariantVector' || plan.kind === 'invariantScalar') {
      if (!this.#scopes.has(plan)) this.#scopes.set(plan, this.#scopes.size + 1);
      inner = this.#scopes.get(plan)!;
    }
    return planInputs(plan).map((input) => ({ plan: input, scope: inner }));
  }
}

/** Equal parts on the same grid. */
interface Repeats {
  count: number;
  /** In the order of the text. */
  last: Plan;
}

/** The number of a text: its own, or the next one. */
function numbered(numbers: Map<string, number>, text: string): number {
  let number = numbers.get(text);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(text, number);
  }
  return number;
}

interface Sharing {
  /** It has few series: no more than groups of an aggregation. */
  readonly isSmall: boolean;
  /** Something of it is read from the storage. */
  readonly reads: boolean;
  /** Its annotations tell how often something happened. */
  readonly counts: boolean;
}

interface Facts extends Sharing {
  readonly number: number;
}

function sharing(plan: Plan, inputs: readonly Sharing[]): Sharing {
  const reads = plan.kind === 'instantSelect' || plan.kind === 'rangeSelect' || inputs.some((input) => input.reads);
  const counts =
    plan.kind === 'histogramCall' ||
    plan.kind === 'histogramQuantiles' ||
    plan.kind === 'info' ||
    inputs.some((input) => input.counts);
  return { reads, counts, isSmall: isSmall(plan, inputs) };
}

function isSmall(plan: Plan, inputs: readonly Sharing[]): boolean {
  switch (plan.kind) {
    case 'instantSelect':
    case 'rangeSelect':
    case 'string':
      return false;
    default:
      return isHeld(plan) || inputs.every((input) => input.isSmall);
  }
}

/** True where an operator holds its answer anyway, which is smaller than its input. */
function isHeld(plan: Plan): boolean {
  switch (plan.kind) {
    case 'aggregate':
      return plan.op !== 'limit_ratio';
    case 'absent':
    case 'absentOverTime':
    case 'scalarOf':
      return true;
    default:
      return false;
  }
}

/** What a plan says itself, without its inputs and without places in the text. */
function ownText(plan: Plan): string {
  return JSON.stringify(plan, (key, value) => {
    if (PARTS.has(key)) return undefined;
    // JSON knows neither NaN, nor infinities, nor the sign of zero.
    if (typeof value === 'number') return Object.is(value, -0) ? '#-0' : `#${value}`;
    return value;
  });
}

const PARTS: ReadonlySet<string> = new Set([
  'argPositions',
  'args',
  'input',
  'inputPosition',
  'inputs',
  'left',
  'param',
  'paramPosition',
  'position',
  'right',
  'scalar',
  'vector',
]);

/** Takes the mark off parts that are equal only inside of larger equal ones, of which one is left. */
function withoutSingleUses(root: Plan, uses: ReadonlyMap<number, number>, look: Look): Plan {
  return foldTree<Plan, Plan>(
    root,
    planInputs,
    (plan, inputs) => {
      const isShared = plan.kind === 'sharedVector' || plan.kind === 'sharedScalar';
      if (isShared && uses.get(plan.number) === 1) return inputs[0]!;
      return inputs.length === 0 ? plan : withInputs(plan, inputs);
    },
    { look },
  );
}
