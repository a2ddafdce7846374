import type { WriteSeries } from './write-request.ts';

/**
 * The data that query benches ask about: counters with resets, 12-bucket histograms, gauges with gaps. `scale` 1 gives
 * 5,800 series over 10 instances; values are functions of series and step alone, so every server gets the same.
 */
export function querySeries(scale: number): WriteSeries[] {
  const instances = Math.max(1, Math.round(10 * scale));
  const series: WriteSeries[] = [];
  for (let instance = 0; instance < instances; instance++) {
    const common = [
      ['instance', `host-${instance}:9100`],
      ['job', instance % 2 === 0 ? 'api' : 'worker'],
    ] as const;
    for (let handler = 0; handler < 20; handler++) {
      const route = ['handler', `/api/v1/route${handler}`] as const;
      for (let code = 0; code < 10; code++) {
        const speed = 1 + ((instance * 31 + handler * 7 + code * 3) % 50);
        series.push({
          labels: [['__name__', 'bench_requests_total'], ['code', String(200 + 50 * code)], route, ...common],
          valueAt: (step) => speed * (step % (900 + 10 * handler)) + Math.floor(step / 7),
        });
      }
      histogramSeries(series, route, common, 1 + ((instance + handler) % 9));
    }
    for (let gauge = 0; gauge < 100; gauge++) {
      const phase = (instance * 100 + gauge) * 0.37;
      series.push({
        labels: [['__name__', 'bench_temperature_celsius'], ...common, ['sensor', `s${gauge}`]],
        valueAt: (step) =>
          (step + gauge) % 240 < 20 ? null : 20 + 15 * Math.sin(step / 60 + phase) + (step % 11) / 10,
      });
    }
  }
  return series;
}

const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1.0', '2.5', '5.0', '10.0', '+Inf'];

function histogramSeries(
  series: WriteSeries[],
  route: readonly [string, string],
  common: readonly (readonly [string, string])[],
  speed: number,
): void {
  BOUNDS.forEach((bound, index) => {
    series.push({
      labels: [['__name__', 'bench_latency_seconds_bucket'], route, ...common, ['le', bound]],
      valueAt: (step) => speed * step * (index + 1),
    });
  });
  const total = speed * BOUNDS.length;
  series.push({
    labels: [['__name__', 'bench_latency_seconds_count'], route, ...common],
    valueAt: (step) => total * step,
  });
  series.push({
    labels: [['__name__', 'bench_latency_seconds_sum'], route, ...common],
    valueAt: (step) => total * step * 0.21,
  });
}
