import type { MatrixSeries } from '../shared/api.ts';

/** Columns as uPlot takes them: one x column (seconds) and one y column a series; null where a series has no value. */
export interface ChartData {
  readonly times: Float64Array;
  readonly columns: readonly (number | null)[][];
}

/** Lays series out on the query's grid. Steps without a value stay gaps; infinities can not be drawn and become gaps. */
export function chartData(series: readonly MatrixSeries[], start: number, end: number, step: number): ChartData {
  const count = Math.floor((end - start) / step + 1e-6) + 1;
  const times = Float64Array.from({ length: count }, (_, i) => start + i * step);
  const columns = series.map(({ values }) => {
    const column = new Array<number | null>(count).fill(null);
    for (const [time, text] of values ?? []) {
      const index = Math.round((time - start) / step);
      const value = Number(text);
      if (index >= 0 && index < count && Number.isFinite(value)) column[index] = value;
    }
    return column;
  });
  return { times, columns };
}

/** Running sums from the first series up, so that series drawn in order stack. A gap counts as zero inside the stack. */
export function stackColumns(columns: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const sums: number[] = [];
  return columns.map((column) =>
    column.map((value, i) => {
      const sum = (sums[i] ?? 0) + (value ?? 0);
      sums[i] = sum;
      return value === null ? null : sum;
    }),
  );
}

const HUES = [210, 28, 140, 350, 265, 48, 185, 310, 95, 0, 230, 165];

/** A colour that differs from its neighbours' and can be read on both grounds. */
export function seriesColor(index: number, dark: boolean): string {
  const hue = HUES[index % HUES.length]!;
  const round = Math.floor(index / HUES.length) % 3;
  const lightness = (dark ? 62 : 44) + (dark ? -9 : 9) * round;
  return `hsl(${hue} ${70 - 14 * round}% ${lightness}%)`;
}
