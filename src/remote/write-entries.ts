import type { Labels } from '../model/labels.ts';
import { exemplarFromMessage } from './write-exemplar.ts';
import { histogramFromMessage, type TimedHistogram } from './write-histogram.ts';
import { labelsFromMessage } from './write-labels.ts';
import type { WriteRequest } from './write-request.ts';

// What a request holds of its series beside floats, decoded.

/** `index` is that of the series in the request. */
export interface DecodedHistogram {
  readonly index: number;
  readonly entry: TimedHistogram;
}

/** As `DecodedHistogram`. */
export interface DecodedExemplar {
  readonly index: number;
  readonly labels: Labels;
  readonly value: number;
  readonly time: number;
}

/** True for a series of the request without samples, histograms and exemplars. */
export function isBare(
  { seriesExemplarsEnd, seriesHistogramsEnd, seriesSamplesEnd }: WriteRequest,
  index: number,
): boolean {
  if (index === 0) return seriesSamplesEnd[0] === 0 && seriesHistogramsEnd[0] === 0 && seriesExemplarsEnd[0] === 0;
  return (
    seriesSamplesEnd[index] === seriesSamplesEnd[index - 1] &&
    seriesHistogramsEnd[index] === seriesHistogramsEnd[index - 1] &&
    seriesExemplarsEnd[index] === seriesExemplarsEnd[index - 1]
  );
}

/** The labels of a series; null where they are not allowed. */
export function labelsOfSeries(request: WriteRequest, index: number): Labels | null {
  const { bytes, halves, seriesStart, seriesEnd, seriesLabelsStart, seriesLabelsEnd, seriesScattered } = request;
  const isScattered = seriesScattered[index] !== 0;
  const start = (isScattered ? seriesStart : seriesLabelsStart)[index]!;
  const end = (isScattered ? seriesEnd : seriesLabelsEnd)[index]!;
  return labelsFromMessage(bytes, start, end, halves);
}

/** Histograms or exemplars decoded between two points at which the work may be interrupted: some 100 µs. */
const STEP_ENTRIES = 64;

/** All histograms, series by series, in steps. Throws where one is no valid message. */
export function* decodeHistograms(request: WriteRequest): Generator<undefined, DecodedHistogram[]> {
  const decoded: DecodedHistogram[] = [];
  if (request.histogramCount === 0) return decoded;
  const { bytes, view, histogramRanges } = request;
  for (let index = 0, i = 0; index < request.seriesCount; index++) {
    for (; i < request.seriesHistogramsEnd[index]!; i++) {
      const entry = histogramFromMessage(bytes, view, histogramRanges[2 * i]!, histogramRanges[2 * i + 1]!);
      decoded.push({ index, entry });
      if (decoded.length % STEP_ENTRIES === 0) yield;
    }
  }
  return decoded;
}

/** All exemplars whose labels are allowed, series by series, in steps. */
export function* decodeExemplars(request: WriteRequest): Generator<undefined, DecodedExemplar[]> {
  const decoded: DecodedExemplar[] = [];
  if (request.exemplarCount === 0) return decoded;
  const { bytes, view, exemplarRanges, halves } = request;
  for (let index = 0, i = 0; index < request.seriesCount; index++) {
    for (; i < request.seriesExemplarsEnd[index]!; i++) {
      const exemplar = exemplarFromMessage(bytes, view, exemplarRanges[2 * i]!, exemplarRanges[2 * i + 1]!, halves);
      if (exemplar !== null) decoded.push({ index, ...exemplar });
      if (i % STEP_ENTRIES === STEP_ENTRIES - 1) yield;
    }
  }
  return decoded;
}
