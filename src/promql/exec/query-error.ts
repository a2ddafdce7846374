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

export function timeoutError(): QueryError {
  return new QueryError('timeout', `query timed out in ${STAGE}`);
}

export function canceledError(): QueryError {
  return new QueryError('canceled', `query was canceled in ${STAGE}`);
}

export function tooManySamplesError(): QueryError {
  return new QueryError('execution', 'query processing would load too many samples into memory in query execution');
}

export function sameLabelsetError(): QueryError {
  return new QueryError('execution', 'vector cannot contain metrics with the same labelset');
}
