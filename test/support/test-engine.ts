import { Engine, type EngineOptions } from '../../src/promql/engine.ts';
import { functionImplementations } from '../../src/promql/functions/registry.ts';
import { ALL_PARSER_OPTIONS } from '../../src/promql/syntax/options.ts';
import { systemClock } from '../../src/std/clock.ts';

/** No feature that changes what queries answer. */
export const NO_FEATURES: EngineOptions['features'] = {
  delayedNameRemoval: false,
  useStartTimestamps: false,
  typeAndUnitLabels: false,
};

/** An engine with all functions and all of the language, a minute between the steps of subqueries that name none, and a million samples. */
export function testEngine(options: Partial<EngineOptions> = {}): Engine {
  return new Engine({
    samplesMax: 1_000_000,
    defaultSubqueryStepMs: () => 60_000,
    parser: ALL_PARSER_OPTIONS,
    features: NO_FEATURES,
    functions: functionImplementations,
    clock: systemClock,
    ...options,
  });
}
