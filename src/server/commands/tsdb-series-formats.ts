import { goFloatCompact, goFloatFixed } from '../../model/go-float.ts';
import { goQuote, type Labels, METRIC_NAME } from '../../model/labels.ts';
import type { SampleColumn } from '../../storage/query.ts';
import { goJson } from './query-output.ts';
import { histogramText } from './sample-text.ts';

/** How a dump writes a series. */
export interface SeriesFormat {
  /** False where the labels are enough; the column is empty then. */
  readonly needsSamples: boolean;
  series(labels: Labels, column: SampleColumn): string;
  /** What stands behind the last series. */
  readonly end: string;
}

/** A line `{labels} value time` for each sample, times in ms. */
export const PROM_FORMAT: SeriesFormat = {
  needsSamples: true,
  series(labels, column) {
    const name = labels.toString();
    let text = '';
    for (let i = 0; i < column.length; i++) {
      const histogram = column.histograms?.[i];
      const value =
        histogram === undefined
          ? goFloatCompact(column.values[i]!)
          : histogramText(histogram, column.integerCounts?.[i] === 1);
      text += `${name} ${value} ${column.times[i]}\n`;
    }
    return text;
  },
  end: '',
};

/** The labels of each series as a JSON object, one on a line. */
export const SERIES_JSON_FORMAT: SeriesFormat = {
  needsSamples: false,
  series({ pairs }) {
    // By hand: an object of JavaScript puts names that are numbers first.
    const fields: string[] = [];
    for (let i = 0; i < pairs.length; i += 2) fields.push(`${goJson(pairs[i])}:${goJson(pairs[i + 1])}`);
    return `{${fields.join(',')}}\n`;
  },
  end: '',
};

/**
 * OpenMetrics' lines, without metadata, times in seconds. A series ends at its first histogram, which the format can
 * not tell, as in the reference's tool.
 */
export const OPEN_METRICS_FORMAT: SeriesFormat = {
  needsSamples: true,
  series(labels, column) {
    const { pairs } = labels.without(METRIC_NAME);
    const fields: string[] = [];
    for (let i = 0; i < pairs.length; i += 2) fields.push(`${pairs[i]}=${goQuote(pairs[i + 1]!)}`);
    const name = `${labels.get(METRIC_NAME)}{${fields.join(',')}}`;
    let text = '';
    for (let i = 0; i < column.length; i++) {
      if (column.histograms?.[i] !== undefined) break;
      text += `${name} ${goFloatCompact(column.values[i]!)} ${goFloatFixed(column.times[i]! / 1000, 3)}\n`;
    }
    return text;
  },
  end: '# EOF\n',
};
