import type { Plan } from './plan/plan.ts';
import type { Expr, ValueType } from './syntax/ast.ts';

/** Dashboards and rules ask the same again and again; a text with its plan takes some kilobytes. */
const QUERIES_MAX = 256;
/** Longer texts are few, and their plans large. */
const TEXT_LENGTH_MAX = 4096;

/** What is known of a text, whatever times it is asked for. */
export interface KnownQuery {
  readonly expr: Expr;
  readonly type: ValueType;
  /** Its durations are right and look at no time of the query. */
  readonly hasFixedDurations: boolean;
  /** Plans after all passes, where these look at no time of the query: with all passes, and with those of exact counts. */
  plan: Plan | null;
  exactPlan: Plan | null;
}

/** The texts that were asked last, with what is made of them before anything is read. */
export class KnownQueries {
  readonly #queries = new Map<string, KnownQuery>();
  /** The newest entry: a query looks for its text twice. */
  #lastText: string | null = null;
  #last: KnownQuery | undefined = undefined;

  get(text: string): KnownQuery | undefined {
    if (text === this.#lastText) return this.#last;
    const known = this.#queries.get(text);
    if (known === undefined) return undefined;
    // A map keeps the order in which its entries came: the first is the one that was not asked for the longest time.
    this.#queries.delete(text);
    this.#queries.set(text, known);
    this.#lastText = text;
    this.#last = known;
    return known;
  }

  add(text: string, known: KnownQuery): void {
    if (text.length > TEXT_LENGTH_MAX) return;
    this.#queries.set(text, known);
    this.#lastText = text;
    this.#last = known;
    if (this.#queries.size <= QUERIES_MAX) return;
    for (const oldest of this.#queries.keys()) {
      this.#queries.delete(oldest);
      return;
    }
  }
}
