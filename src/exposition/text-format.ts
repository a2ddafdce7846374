import type { SeriesIndex } from '../kernels/exposition-scan.ts';
import { scanExposition } from '../kernels/exposition-scan.ts';
import { runInTurns } from '../std/turns.ts';
import type { Body } from './body.ts';
import { type BodyGrammar, EMPTY_SERIES_INDEX, parseBodyInSteps } from './parse-body.ts';
import type { ExpositionRows } from './rows.ts';
import { parseTextEntry } from './text-entry.ts';

const TEXT_GRAMMAR: BodyGrammar = { scan: scanExposition, parseEntry: parseTextEntry };

/**
 * Parses a sealed body in the text format 0.0.4 into `rows`, matching its series against `index` on the way.
 *
 * @throws ExpositionError at the first entry that breaks the format; `rows` then holds those before it
 */
export function parseTextBody(body: Body, rows: ExpositionRows, index: SeriesIndex = EMPTY_SERIES_INDEX): void {
  runInTurns(parseTextBodyInSteps(body, rows, index), null);
}

/** As `parseTextBody`, in steps as `parseBodyInSteps`. */
export function parseTextBodyInSteps(body: Body, rows: ExpositionRows, index: SeriesIndex): Generator<undefined, void> {
  return parseBodyInSteps(body, rows, index, TEXT_GRAMMAR);
}
