import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import type { MatrixSeries, QueryData } from '../shared/api.ts';
import { metricText, shortNumber } from '../shared/format.ts';
import { SeriesName } from '../shared/series-name.tsx';
import type { Theme } from '../shared/theme.ts';
import { chartData, seriesColor, stackColumns } from './chart-data.ts';

/** Lines beyond these are not drawn: neither eye nor canvas can use them, and the legend says how many are left out. */
const LINES_MAX = 300;
const HEIGHT = 380;

interface GraphViewProps {
  readonly data: QueryData;
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
    const { times, columns } = chartData(series, start, end, step);
    const shown = series.map((_, i) => i).filter((i) => !hidden.has(i));
    const raw = shown.map((i) => columns[i]!);
    const drawn = stacked ? stackColumns(raw) : raw;
    const dark = theme === 'dark';
    const axis = { stroke: dark ? '#9aa4b2' : '#5b6472', grid: { stroke: dark ? '#2a3038' : '#e8eaee', width: 1 } };
    const chart = new uPlot(
      {
        width: host.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: true, y: false, setScale: false }, focus: { prox: 24 } },
        focus: { alpha: 0.35 },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        scales: { x: { min: start, max: end } },
        axes: [
          { ...axis, space: 80, values: (_, ticks, __, ___, seconds) => ticks.map((tick) => tickText(tick, seconds)) },
          { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => shortNumber(tick)) },
        ],
        series: [
          {},
          ...shown.map((i) => {
            const color = seriesColor(i, dark);
            return {
              label: metricText(series[i]!.metric),
              stroke: color,
              width: 1.5,
              ...(stacked ? { fill: color.replace(')', ' / 25%)') } : {}),
              points: {
                show: true,
                size: 4,
                fill: color,
                filter: (plot: uPlot, at: number) => lonePoints(plot.data[at]!),
              },
            };
          }),
        ],
        hooks: {
          setSelect: [
            (plot) => {
              if (plot.select.width < 4) return;
              const from = plot.posToVal(plot.select.left, 'x');
              zoom.current(from, plot.posToVal(plot.select.left + plot.select.width, 'x'));
            },
          ],
          setCursor: [(plot) => showTooltip(plot, tooltip.current, shown, raw, series, dark)],
        },
      },
      [times, ...drawn] as uPlot.AlignedData,
      host,
    );
    const observer = new ResizeObserver(() => chart.setSize({ width: host.clientWidth, height: HEIGHT }));
    observer.observe(host);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
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

/** A tick on the time axis in UTC; ticks lie `seconds` apart. Midnight shows the day. */
function tickText(tick: number, seconds: number): string {
  const iso = new Date(tick * 1000).toISOString();
  if (seconds >= 86_400 || iso.slice(11, 19) === '00:00:00') return iso.slice(5, 10);
  return seconds >= 60 ? iso.slice(11, 16) : iso.slice(11, 19);
}

/** Steps whose neighbours have no value: a line can not show them, so they are drawn as points. */
function lonePoints(column: ArrayLike<number | null | undefined>): number[] {
  const lone: number[] = [];
  for (let i = 0; i < column.length; i++) {
    if (column[i] != null && column[i - 1] == null && column[i + 1] == null) lone.push(i);
  }
  return lone;
}

function showTooltip(
  plot: uPlot,
  box: HTMLDivElement | null,
  shown: readonly number[],
  values: readonly (readonly (number | null)[])[],
  series: readonly MatrixSeries[],
  dark: boolean,
): void {
  if (box === null) return;
  const { idx, left = -1, top = 0 } = plot.cursor;
  const focused = nearestLine(plot, top);
  if (idx == null || left < 0 || focused === null || values[focused]?.[idx] == null) {
    box.hidden = true;
    return;
  }
  const index = shown[focused]!;
  const time = new Date(plot.data[0][idx]! * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const value = document.createElement('b');
  value.textContent = String(values[focused]![idx]);
  value.style.color = seriesColor(index, dark);
  const name = document.createElement('div');
  name.textContent = metricText(series[index]!.metric);
  const when = document.createElement('div');
  when.className = 'when';
  when.textContent = `${time} UTC`;
  box.replaceChildren(value, name, when);
  box.hidden = false;
  const plotLeft = plot.over.offsetLeft + left;
  const flip = plotLeft > plot.root.clientWidth / 2;
  box.style.left = flip ? '' : `${plotLeft + 14}px`;
  box.style.right = flip ? `${plot.root.clientWidth - plotLeft + 14}px` : '';
  box.style.top = `${plot.over.offsetTop + top + 14}px`;
}

/** Index among the drawn lines of the one nearest to the cursor, or null where none has a value there. */
function nearestLine(plot: uPlot, top: number): number | null {
  const { idx } = plot.cursor;
  if (idx == null) return null;
  let best: number | null = null;
  let distance = Number.POSITIVE_INFINITY;
  for (let i = 1; i < plot.data.length; i++) {
    const value = plot.data[i]![idx];
    if (value == null) continue;
    const away = Math.abs(plot.valToPos(value, 'y') - top);
    if (away < distance) {
      distance = away;
      best = i - 1;
    }
  }
  return best;
}
