// PromQL over data of your own: `node examples/promql-over-your-data.ts`.
// In a project that has Narthex installed, the import is from 'narthex/promql'.
import {
  Engine,
  engineOptions,
  evaluate,
  labelsFromObject,
  matcherPredicate,
  type Queryable,
  reserveSampleColumn,
} from '../src/promql/library.ts';

// The data: temperatures every five minutes, as they might lie in an array, a file or another database.
const MINUTE = 60_000;
const times = [0, 5 * MINUTE, 10 * MINUTE];
const rooms = [
  { labels: labelsFromObject({ __name__: 'temperature', room: 'hall' }), values: [18, 18.5, 19] },
  { labels: labelsFromObject({ __name__: 'temperature', room: 'study' }), values: [21, 21, 20.5] },
];

// What the engine needs to know of a storage: which series meet the matchers, and the samples of each in a range.
const storage: Queryable = {
  querier: () => ({
    select({ matchers, range }) {
      const found = rooms.filter(({ labels }) =>
        matchers.every((matcher) => matcherPredicate(matcher)(labels.get(matcher.name))),
      );
      return {
        length: found.length,
        labels: (row) => found[row]!.labels,
        read(row, into) {
          reserveSampleColumn(into, times.length);
          into.length = 0;
          for (const [i, time] of times.entries()) {
            if (time < range.minTime || time > range.maxTime) continue;
            into.times[into.length] = time;
            into.values[into.length++] = found[row]!.values[i]!;
          }
        },
        warnings: [],
      };
    },
    labelNames: () => ['__name__', 'room'],
    labelValues: (name) => [...new Set(rooms.map(({ labels }) => labels.get(name)))].sort(),
    close() {},
  }),
};

const engine = new Engine(engineOptions());

async function print(query: string, when: Parameters<typeof evaluate>[3]): Promise<void> {
  const { series } = await evaluate(engine, storage, query, when);
  console.log(query);
  for (const { labels, values } of series) console.log(`  ${labels}: ${values.join(' ')}`);
}

await print('sum by (room) (temperature)', { start: 0, end: 10 * MINUTE, step: 5 * MINUTE });
await print('max(max_over_time(temperature[10m])) - 273', { time: 10 * MINUTE });
