import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { MatrixSeries, QueryData } from '../shared/api.ts';
import { SeriesName } from '../shared/series-name.tsx';
import type { Theme } from '../shared/theme.ts';
import { seriesColor } from './chart-data.ts';
import { drawChart } from './draw-chart.ts';

/** Lines beyond these are not drawn: neither eye nor canvas can use them, and the legend says how many are left out. */
const LINES_MAX = 300;

interface GraphViewProps {
  readonly data: QueryData;
  /** The query's grid, seconds. */
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly stacked: boolean;
  readonly theme: Theme;
  /** Seconds of the stretch that the user dragged over. */
  readonly onZoom: (start: number, end: number) => void;
}

/** Lines over time. Drag zooms; a click in the legend shows that series alone, Ctrl+click hides or shows it. */
export function GraphView({ data, start, end, step, stacked, theme, onZoom }: GraphViewProps): ReactNode {
  const series = useMemo<readonly MatrixSeries[]>(() => {
    if (data.resultType === 'matrix') return data.result.slice(0, LINES_MAX);
    return [];
  }, [data]);
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const container = useRef<HTMLDivElement>(null);
  const tooltip = useRef<HTMLDivElement>(null);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;

  // Another answer brings other series under the same numbers.
  // biome-ignore lint/correctness/useExhaustiveDependencies: keyed by the answer
  useEffect(() => setHidden(new Set()), [series]);

  useEffect(() => {
    const host = container.current;
    if (host === null || series.length === 0) return;
    const shown = series.map((_, i) => i).filter((i) => !hidden.has(i));
    return drawChart(host, tooltip.current!, {
      series,
      shown,
      start,
      end,
      step,
      stacked,
      dark: theme === 'dark',
      onZoom: (from, to) => zoom.current(from, to),
    });
  }, [series, start, end, step, stacked, theme, hidden]);

  if (data.resultType !== 'matrix') return <p className="hint">This result can not be drawn over time.</p>;
  if (series.length === 0) return <p className="hint">Empty query result</p>;

  const choose = (index: number, toggle: boolean): void => {
    setHidden((before) => {
      const others = new Set(series.map((_, i) => i).filter((i) => i !== index));
      if (!toggle) return before.size === others.size && !before.has(index) ? new Set() : others;
      const next = new Set(before);
      if (!next.delete(index)) next.add(index);
      return next;
    });
  };

  return (
    <>
      <div className="chart" ref={container} data-testid="chart">
        <div className="tooltip" ref={tooltip} hidden />
      </div>
      <ul className="legend">
        {series.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a series' number is its identity within one answer
          <li key={index}>
            <button
              type="button"
              aria-pressed={!hidden.has(index)}
              onClick={(event) => choose(index, event.ctrlKey || event.metaKey)}
            >
              <i style={{ background: seriesColor(index, theme === 'dark') }} />
              <SeriesName metric={one.metric} />
            </button>
          </li>
        ))}
      </ul>
      {series.some((one) => one.histograms !== undefined) && (
        <p className="hint">
          Native histograms are not drawn: histogram_quantile() or histogram_count() make lines of them.
        </p>
      )}
      {data.result.length > LINES_MAX && (
        <p className="hint">
          {data.result.length - LINES_MAX} of {data.result.length} series are not drawn; narrow the expression to see
          them.
        </p>
      )}
    </>
  );
}
