import { NUMBER_BYTES_MAX, writeSampleNumber, writeTimestamp } from '../kernels/format-number.ts';
import type { Exemplar, SeriesExemplars } from '../storage/exemplar.ts';
import { arrayJson, labelsJson } from './json.ts';

/** The exemplars of one series as `/api/v1/query_exemplars` gives them: value as text, time in seconds. */
export function seriesExemplarsJson({ labels, exemplars }: SeriesExemplars): string {
  return `{"seriesLabels":${labelsJson(labels)},"exemplars":${arrayJson(exemplars.map(exemplarJson))}}`;
}

const scratch = new Uint8Array(NUMBER_BYTES_MAX);
const view = new DataView(scratch.buffer);

function exemplarJson({ labels, value, time }: Exemplar): string {
  const valueText = textOf(writeSampleNumber(scratch, view, 0, value));
  const timeText = textOf(writeTimestamp(scratch, view, 0, time));
  return `{"labels":${labelsJson(labels)},"value":"${valueText}","timestamp":${timeText}}`;
}

function textOf(end: number): string {
  return Buffer.from(scratch.buffer, 0, end).toString('latin1');
}
