import { type ReactNode, useState } from 'react';
import type { HistogramValue, Metric, Point, QueryData } from '../shared/api.ts';
import { SeriesName } from '../shared/series-name.tsx';

/** Rows drawn at first; a browser takes seconds to lay out tens of thousands. */
const ROWS_AT_ONCE = 500;

interface Row {
  readonly key: string;
  readonly metric: Metric;
  readonly value: ReactNode;
}

/** An instant answer as rows of series and value. */
export function TableView({ data }: { data: QueryData }): ReactNode {
  const [shown, setShown] = useState(ROWS_AT_ONCE);
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    return (
      <table className="result">
        <tbody>
          <tr>
            <td>{data.resultType}</td>
            <td className="value">{data.result[1]}</td>
          </tr>
        </tbody>
      </table>
    );
  }
  const rows = rowsOf(data);
  if (rows.length === 0) return <p className="hint">Empty query result</p>;
  return (
    <>
      <table className="result">
        <tbody>
          {rows.slice(0, shown).map((row) => (
            <tr key={row.key}>
              <td>
                <SeriesName metric={row.metric} />
              </td>
              <td className="value">{row.value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown && (
        <button type="button" className="quiet" onClick={() => setShown(rows.length)}>
          Show all {rows.length} rows
        </button>
      )}
    </>
  );
}

function rowsOf(data: Extract<QueryData, { resultType: 'vector' | 'matrix' }>): Row[] {
  if (data.resultType === 'vector') {
    return data.result.map((sample, index) => ({
      key: String(index),
      metric: sample.metric,
      value: sample.value?.[1] ?? (sample.histogram ? <Histogram histogram={sample.histogram[1]} /> : ''),
    }));
  }
  return data.result.map((series, index) => ({
    key: String(index),
    metric: series.metric,
    value: [
      ...(series.values ?? []).map(([time, value]: Point) => `${value} @${time}`),
      ...(series.histograms ?? []).map(([time, histogram]) => `${histogramText(histogram)} @${time}`),
    ].join('\n'),
  }));
}

/** Count and sum, and the buckets for who asks. */
function Histogram({ histogram }: { histogram: HistogramValue }): ReactNode {
  const { buckets = [] } = histogram;
  if (buckets.length === 0) return histogramText(histogram);
  return (
    <details>
      <summary>{histogramText(histogram)}</summary>
      {buckets.map(([boundary, lower, upper, count]) => (
        <div key={lower + upper}>
          {BEGINS[boundary]}
          {lower}, {upper}
          {ENDS[boundary]}: {count}
        </div>
      ))}
    </details>
  );
}

/** Which bounds belong to a bucket, by the number that the API has for it: the upper, the lower, none, both. */
const BEGINS: readonly string[] = ['(', '[', '(', '['];
const ENDS: readonly string[] = [']', ')', ')', ']'];

function histogramText(histogram: HistogramValue): string {
  return `count ${histogram.count}, sum ${histogram.sum}`;
}
