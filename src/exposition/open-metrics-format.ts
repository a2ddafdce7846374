import type { SeriesIndex } from '../kernels/exposition-scan.ts';
import { scanOpenMetrics } from '../kernels/open-metrics-scan.ts';
import { runInTurns } from '../std/turns.ts';
import type { Body } from './body.ts';
import { parseOpenMetricsEntry } from './open-metrics-entry.ts';
import { type BodyGrammar, EMPTY_SERIES_INDEX, parseBodyInSteps } from './parse-body.ts';
import type { ExpositionRows } from './rows.ts';

const OPEN_METRICS_GRAMMAR: BodyGrammar = { scan: scanOpenMetrics, parseEntry: parseOpenMetricsEntry };

/**
 * Parses a sealed body in the OpenMetrics text format 1.0.0 or 0.0.1 into `rows`, matching its series against `index`
 * on the way. `_created` samples are series like all others, as the reference has it by default.
 *
 * @throws ExpositionError at the first entry that breaks the format, or where `# EOF` is missing; `rows` then holds the
 *   entries before it
 */
export function parseOpenMetricsBody(body: Body, rows: ExpositionRows, index: SeriesIndex = EMPTY_SERIES_INDEX): void {
  runInTurns(parseOpenMetricsBodyInSteps(body, rows, index), null);
}

/** As `parseOpenMetricsBody`, in steps as `parseBodyInSteps`. */
export function parseOpenMetricsBodyInSteps(
  body: Body,
  rows: ExpositionRows,
  index: SeriesIndex,
): Generator<undefined, void> {
  return parseBodyInSteps(body, rows, index, OPEN_METRICS_GRAMMAR);
}
