import { JsonBlocks } from '../../src/promql/json-blocks.ts';
import { JsonSink } from '../../src/promql/result-json.ts';
import { Annotations } from '../../src/promql/steps/annotations.ts';
import { ALL_PARSER_OPTIONS } from '../../src/promql/syntax/options.ts';
import { parseExpr } from '../../src/promql/syntax/parse.ts';
import { printExpr } from '../../src/promql/syntax/print.ts';
import { systemClock } from '../../src/std/clock.ts';
import type { Queryable } from '../../src/storage/query.ts';
import { NO_FEATURES, testEngine } from '../support/test-engine.ts';
import { DATA_SECONDS } from './fuzz-data.ts';
import { generateQuery } from './generate-query.ts';
import { mutateQuery } from './mutate-query.ts';
import { type Random, randomFrom } from './random.ts';

/** What a query may answer with beside a result; any other error is a fault of the engine. */
const USER_ERRORS: ReadonlySet<string> = new Set(['PromqlSyntaxError', 'PlanError', 'QueryError', 'EvaluationError']);
const SAMPLES_MAX = 100_000;
const BYTES_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 2_000;
/** A query that still runs so long after its timeout has no point at which it looks at the clock. */
const HANG_MS = 20_000;

export interface FuzzCase {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** 0: an instant query. */
  readonly step: number;
  readonly delayedNameRemoval: boolean;
}

export interface FuzzTally {
  answered: number;
  refused: number;
  /** Time of the slowest query, ms, and which it was. */
  slowestMs: number;
  slowest: string;
}

/** The case with this number of a seed: half of them generated, half mutated from the corpus. */
export function fuzzCase(seed: number, number: number, corpus: readonly string[]): FuzzCase {
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) ^ number);
  const text = random.chance(0.5) ? generateQuery(random) : mutateQuery(random, corpus);
  return { text, ...fuzzTimes(random), delayedNameRemoval: random.chance(0.3) };
}

function fuzzTimes(random: Random): Pick<FuzzCase, 'start' | 'end' | 'step'> {
  const start = 1000 * random.below(DATA_SECONDS);
  if (random.chance(0.4)) return { start, end: start, step: 0 };
  const step = random.pick([1, 1000, 15_000, 60_000, 3_600_000]);
  return { start, end: start + step * random.below(random.chance(0.1) ? 1000 : 30), step };
}

/** Runs cases against the engine. Returns what is wrong with a case, or null. */
export class EngineFuzzer {
  readonly tally: FuzzTally = { answered: 0, refused: 0, slowestMs: 0, slowest: '' };
  readonly #storage: Queryable;
  readonly #blocks = new JsonBlocks();

  constructor(storage: Queryable) {
    this.#storage = storage;
  }

  async faultOf(fuzzed: FuzzCase): Promise<string | null> {
    const began = systemClock.monotonic();
    let fault: string | null = null;
    try {
      await this.#run(fuzzed);
      this.tally.answered++;
      fault = printingFault(fuzzed.text);
    } catch (error) {
      if (error instanceof Error && USER_ERRORS.has(error.name) && error.message !== '') this.tally.refused++;
      else fault = error instanceof Error ? (error.stack ?? error.message) : `threw ${String(error)}`;
    }
    const took = systemClock.monotonic() - began;
    if (took > this.tally.slowestMs) Object.assign(this.tally, { slowestMs: took, slowest: fuzzed.text });
    return fault ?? (took > TIMEOUT_MS + HANG_MS ? `ran for ${Math.round(took)} ms` : null);
  }

  async #run({ text, start, end, step, delayedNameRemoval }: FuzzCase): Promise<void> {
    const engine = testEngine({
      samplesMax: SAMPLES_MAX,
      bytesMax: BYTES_MAX,
      features: { ...NO_FEATURES, delayedNameRemoval },
    });
    const kind = step === 0 ? 'instant' : 'range';
    const query = engine.prepare(text, { kind, start, end, step, lookbackMs: 300_000 });
    const annotations = new Annotations();
    const sink = new JsonSink(0, this.#blocks);
    await engine.run(query, this.#storage, sink, annotations, {
      timeoutMs: TIMEOUT_MS,
      signal: new AbortController().signal,
      pause: () => Promise.resolve(),
      pauseAfterMs: 20,
      countSteps: false,
    });
    const { warnings, infos } = annotations.render(text);
    const answer = Buffer.from(sink.finish(null, warnings, infos)).toString('utf8');
    if (JSON.parse(answer).status !== 'success') throw new Error(`the answer is ${answer.slice(0, 100)}`);
  }
}

/** What parses must print to something that parses to the same. */
function printingFault(text: string): string | null {
  const printed = printExpr(parseExpr(text, ALL_PARSER_OPTIONS));
  // The printed form of infinity has a sign, which binds looser than the power: `+Inf ^ 2` is `+(Inf ^ 2)`. An operator
  // behind `offset (...)` would become part of the duration; the reference prints it all the same.
  // An offset of NaN becomes the least duration there is, whose text is a millisecond off. An empty selector of info()
  // prints as nothing, two signs before an offset take its unit away, and a range below a millisecond prints as none. All of it
  // is the reference's.
  if (/inf\s*\^|offset \(|, \)|\[0s[\]:]/i.test(printed) || /offset[\s+-]*nan|offset\s*[+-]\s*[+-]/i.test(text))
    return null;
  try {
    const again = printExpr(parseExpr(printed, ALL_PARSER_OPTIONS));
    return again === printed ? null : `prints as ${printed}, which prints as ${again}`;
  } catch (error) {
    return `prints as ${printed}, which does not parse: ${String(error)}`;
  }
}
