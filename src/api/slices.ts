import { Slices } from '../std/slices.ts';
import { ApiError } from './api-error.ts';
import type { Call } from './call.ts';

/** Slices of a call whose client is told, were it still there, that it was canceled. */
export function slicesOf({ deps: { clock }, signal }: Pick<Call, 'deps' | 'signal'>): Slices {
  return new Slices({ clock, signal }, () => new ApiError('canceled', 'context canceled'));
}
