import uPlot from 'uplot';
import type { MatrixSeries } from '../shared/api.ts';
import { metricText, shortNumber } from '../shared/format.ts';
import { chartData, seriesColor, stackColumns } from './chart-data.ts';

const HEIGHT = 380;

export interface Chart {
  readonly series: readonly MatrixSeries[];
  /** Which of them are drawn. */
  readonly shown: readonly number[];
  /** The query's grid, seconds. */
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly stacked: boolean;
  readonly dark: boolean;
  /** Seconds of the stretch that the user dragged over. */
  readonly onZoom: (start: number, end: number) => void;
}

/** Draws lines over time into `host`, as wide as it is, and what is under the cursor into `tooltip`. Returns what removes the chart. */
export function drawChart(host: HTMLElement, tooltip: HTMLElement, chart: Chart): () => void {
  const { dark, end, onZoom, series, shown, stacked, start, step } = chart;
  const { times, columns } = chartData(series, start, end, step);
  const raw = shown.map((i) => columns[i]!);
  const drawn = stacked ? stackColumns(raw) : raw;
  const axis = { stroke: dark ? '#9aa4b2' : '#5b6472', grid: { stroke: dark ? '#2a3038' : '#e8eaee', width: 1 } };
  const plot = new uPlot(
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
      series: [{}, ...shown.map((i) => lineOf(metricText(series[i]!.metric), seriesColor(i, dark), stacked))],
      hooks: {
        setSelect: [
          (at) => {
            const { left, width } = at.select;
            if (width >= 4) onZoom(at.posToVal(left, 'x'), at.posToVal(left + width, 'x'));
          },
        ],
        setCursor: [(at) => showTooltip(at, tooltip, shown, raw, series, dark)],
      },
    },
    [times, ...drawn] as uPlot.AlignedData,
    host,
  );
  const observer = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height: HEIGHT }));
  observer.observe(host);
  return () => {
    observer.disconnect();
    plot.destroy();
  };
}

function lineOf(label: string, color: string, stacked: boolean): uPlot.Series {
  return {
    label,
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
  box: HTMLElement,
  shown: readonly number[],
  values: readonly (readonly (number | null)[])[],
  series: readonly MatrixSeries[],
  dark: boolean,
): void {
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
