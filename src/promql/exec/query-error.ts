export type QueryErrorKind = 'execution' | 'canceled' | 'timeout' | 'internal';

/** Ends a running query; the edge turns `kind` into the API's error type. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly kind: QueryErrorKind;

  constructor(kind: QueryErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const STAGE = 'expression evaluation';

/** A shorter time is over before a query begins, ms. */
const LEAST_TIMEOUT_MS = 0.01;

/** The error of a query that had `timeoutMs`. */
export function timeoutError(timeoutMs: number): QueryError {
  if (timeoutMs < LEAST_TIMEOUT_MS) return timeoutAtStartError();
  return new QueryError('timeout', `query timed out in ${STAGE}`);
}

/** The time was over before anything was evaluated. */
export function timeoutAtStartError(): QueryError {
  return new QueryError('timeout', 'query timed out in query execution');
}

export function canceledError(): QueryError {
  return new QueryError('canceled', `query was canceled in ${STAGE}`);
}

export function tooManySamplesError(): QueryError {
  return new QueryError('execution', 'query processing would load too many samples into memory in query execution');
}

export function tooManyBytesError(used: number, wanted: number, limit: number): QueryError {
  return new QueryError(
    'execution',
    `query needs too much memory: it has ${used} bytes and asks for ${wanted} more, the limit is ${limit} bytes`,
  );
}

export function tooManyStepsError(steps: number, limit: number): QueryError {
  return new QueryError('execution', `a subquery has ${steps} steps, the limit is ${limit}`);
}

export function sameLabelsetError(): QueryError {
  return new QueryError('execution', 'vector cannot contain metrics with the same labelset');
}
