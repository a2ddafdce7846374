/** The functions that queries may call. */
export { functionImplementations } from '../promql/functions/registry.ts';
