/** The reference's error types, which clients branch on. */
export type ApiErrorType =
  | 'bad_data'
  | 'execution'
  | 'canceled'
  | 'timeout'
  | 'internal'
  | 'unavailable'
  | 'not_found'
  | 'not_acceptable';

/** An answer with `"status":"error"`; thrown by endpoints, rendered at one place. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly type: ApiErrorType;

  constructor(type: ApiErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}

/** A parameter that can not be used: `invalid parameter "step": ...`. */
export function invalidParameter(name: string, problem: string): ApiError {
  return new ApiError('bad_data', `invalid parameter "${name}": ${problem}`);
}

/** The status that belongs to a type. `unavailable` has none of its own in the reference and falls to 500. */
export function statusOfError(type: ApiErrorType): number {
  switch (type) {
    case 'bad_data':
      return 400;
    case 'execution':
      return 422;
    case 'canceled':
      return 499;
    case 'timeout':
      return 503;
    case 'not_found':
      return 404;
    case 'not_acceptable':
      return 406;
    case 'internal':
    case 'unavailable':
      return 500;
  }
}
