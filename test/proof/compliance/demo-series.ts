import { createRandom } from '../../../src/std/random.ts';
import { labelsOf, type SeriesMessage } from '../../remote/write-message.ts';

const INSTANCES = ['demo.promlabs.com:10000', 'demo.promlabs.com:10001', 'demo.promlabs.com:10002'];
const SCRAPE_MS = 5000;
const STALE = new Float64Array(new BigUint64Array([0x7ff0000000000002n]).buffer)[0]!;

/** Series as the suite's demo service has them, with their values from `from` to `to` (ms), one every 5 s. */
export function demoSeries(from: number, to: number): SeriesMessage[] {
  const random = createRandom(1);
  const series: SeriesMessage[] = [];
  const add = (labels: Record<string, string>, valueAt: (second: number) => number | null) => {
    const samples = [];
    for (let timestamp = from; timestamp <= to; timestamp += SCRAPE_MS) {
      const value = valueAt(timestamp / 1000);
      if (value !== null) samples.push({ timestamp, value });
    }
    const sorted = Object.entries({ ...labels, job: 'demo' }).sort(([a], [b]) => (a < b ? -1 : 1));
    series.push({ labels: labelsOf(Object.fromEntries(sorted)), samples });
  };
  for (const [i, instance] of INSTANCES.entries()) {
    for (const type of ['used', 'free', 'buffers', 'cached']) {
      add(
        { __name__: 'demo_memory_usage_bytes', instance, type },
        (t) => 4e9 + 1e9 * Math.sin(t / 400 + i + type.length),
      );
    }
    add({ __name__: 'demo_num_cpus', instance }, () => 4);
    add({ __name__: 'demo_disk_usage_bytes', instance }, (t) => 1e10 + (t % 86_400) * 1234.5 + random.below(1000));
    add({ __name__: 'demo_batch_last_success_timestamp_seconds', instance }, (t) => t - (t % (120 + i * 37)));
    // Comes and goes, with a stale marker where it goes.
    add(
      { __name__: 'demo_intermittent_metric', instance },
      (t) => [1, 1, 1, STALE, null, null][Math.floor(t / 35) % 6]!,
    );
    for (const mode of ['user', 'system', 'idle']) {
      let total = random.below(1e6);
      add({ __name__: 'demo_cpu_usage_seconds_total', instance, mode }, () => {
        // It begins again about every half an hour.
        total = random.below(400) === 0 ? 0 : total + random.next() * 5;
        return total;
      });
    }
    addRequests(add, instance, random.next);
  }
  return series;
}

const BOUNDS = ['0.001', '0.01', '0.1', '0.5', '1', '+Inf'];

function addRequests(
  add: (labels: Record<string, string>, valueAt: (second: number) => number | null) => void,
  instance: string,
  next: () => number,
): void {
  for (const [path, method] of [
    ['/api/foo', 'GET'],
    ['/api/bar', 'POST'],
    ['/api/nonexistent', 'GET'],
  ] as const) {
    const name = 'demo_api_request_duration_seconds';
    const labels = { instance, path, method, status: '200' };
    let sum = 0;
    add({ ...labels, __name__: `${name}_sum` }, () => (sum += next()));
    for (const [k, le] of BOUNDS.entries()) {
      let count = 0;
      add({ ...labels, __name__: `${name}_bucket`, le }, () => (count += (k + 1) * 3));
    }
    let count = 0;
    add({ ...labels, __name__: `${name}_count` }, () => (count += BOUNDS.length * 3));
  }
}
