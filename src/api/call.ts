import type { Readable } from 'node:stream';
import type { Answer } from './answer.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { ApiResult } from './envelope.ts';
import type { Form } from './form.ts';

/** One request as handlers see it. */
export interface Call {
  readonly deps: ApiDependencies;
  readonly method: string;
  /** Undecoded, without the query string. */
  readonly path: string;
  /** Undecoded, without `?`. */
  readonly search: string;
  /** The value of a header, or the empty string. */
  header(name: string): string;
  /** Values of `:name` and `*name` in the route's path. */
  readonly params: Readonly<Record<string, string>>;
  /** Pairs of the URL. */
  readonly query: Form;
  /** Pairs of a form body, then those of the URL. Equal to `query` where the route does not read forms. */
  readonly form: Form;
  /** What was wrong with the first bad pair, or null. */
  readonly formProblem: string | null;
  readonly body: Readable;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Calls back when the answer was sent, or can not be any more, and nothing uses its bytes. To be asked before it is there. */
  whenSent(action: () => void): void;
}

/** A call of the JSON API; mistakes of the client are thrown as `ApiError`. */
export type Endpoint = (call: Call) => ApiResult | Promise<ApiResult>;

/** Any other call. `null`: the handler has taken the connection and answers by itself. */
export type Handler = (call: Call) => Answer | Promise<Answer>;
