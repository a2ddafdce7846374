import type { FunctionRegistry } from '../promql/functions/contracts.ts';

/** The functions that queries may call. */
export const functionImplementations: FunctionRegistry = {};
