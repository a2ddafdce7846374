import type { Labels } from '../model/labels.ts';
import type { AskedTimes } from '../promql/plan/resolve-duration.ts';
import type { StepColumn } from '../promql/steps/step-column.ts';
import type { Timing } from './stats-json.ts';

/** What a caller asks: one expression on one grid. */
export interface QueryRequest {
  readonly text: string;
  /** `instant`: one evaluation at `start`, and matrix or string results are allowed. */
  readonly kind: 'instant' | 'range';
  /** Milliseconds since the epoch; for an instant query `end` equals `start` and `step` is 0. */
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** What `start()`, `end()`, `range()` and `step()` tell where it is other than that. */
  readonly asked?: AskedTimes | undefined;
  readonly lookbackMs: number;
  readonly timeoutMs: number;
  /** Vector and matrix answers are cut to so many series, with a warning; 0 = no limit. */
  readonly limit: number;
  /** The `stats` parameter, `null` where absent. */
  readonly stats: string | null;
  readonly priority: 'rule' | 'interactive';
  /**
   * What is wanted: the answer, or, as a JSON response too, how it would be computed (`explain`), with `analyze` after it was
   * computed and with what every step took.
   */
  readonly form: 'json' | 'columns' | 'explain' | 'analyze';
  /** With `explain` and `analyze`: names of passes over the plan that are left out. */
  readonly withoutPasses?: readonly string[];
}

export type QueryErrorType = 'bad_data' | 'execution' | 'canceled' | 'timeout' | 'internal';

export interface ColumnSeries {
  readonly labels: Labels;
  readonly column: StepColumn;
}

export type QueryReply =
  /** `body` is the whole response: `{"status":"success","data":{...},...}`; who is done with it calls `giveBackAnswer`. */
  | { readonly ok: true; readonly form: 'json'; readonly body: Uint8Array }
  | {
      readonly ok: true;
      readonly form: 'columns';
      readonly series: readonly ColumnSeries[];
      readonly warnings: readonly string[];
      readonly infos: readonly string[];
    }
  /** `warnings` and `infos` gathered before the failure. */
  | {
      readonly ok: false;
      readonly errorType: QueryErrorType;
      readonly message: string;
      readonly warnings: readonly string[];
      readonly infos: readonly string[];
    };

export interface QueryRunner {
  /** Never rejects for what the query did wrong: failures are replies. */
  run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply>;
}

/** Told what queries cost; the server keeps its own metrics with it. */
export interface QueryObserver {
  started(): void;
  /** All times in seconds; those of stages that were not reached are 0. */
  finished(timing: Timing, totalSamples: number, samplesRead: number): void;
  /** Instead of `finished`: what was started did not run. */
  dismissed(): void;
}
