import type { ReactNode } from 'react';
import { Loaded } from '../shared/loaded.tsx';
import { useAnswer } from '../shared/use-answer.ts';

interface TsdbStatus {
  readonly headStats: Readonly<Record<string, number>>;
  readonly seriesCountByMetricName: readonly { name: string; value: number }[];
  readonly labelValueCountByLabelName: readonly { name: string; value: number }[];
}

/** What the fields of an answer are called here, in this order; others (those of a Go runtime) say nothing of this server. */
type FieldNames = Readonly<Record<string, string>>;

const RUNTIME: FieldNames = {
  startTime: 'Started',
  serverTime: 'Time of the server',
  hostname: 'Host name',
  CWD: 'Working directory',
  reloadConfigSuccess: 'Configuration read without mistake',
  lastConfigTime: 'Configuration read',
  storageRetention: 'Retention',
  corruptionCount: 'Damaged places met in the log',
};

const BUILD: FieldNames = {
  narthexVersion: 'Narthex',
  version: 'Compatible with Prometheus',
  revision: 'Revision',
  goVersion: 'Runtime',
};

const HEAD: FieldNames = {
  numSeries: 'Series',
  numLabelPairs: 'Label pairs',
  chunkCount: 'Chunks',
  minTime: 'Oldest sample',
  maxTime: 'Newest sample',
};

/** Runtime, build and the head of the database. */
export function StatusPage(): ReactNode {
  const runtime = useAnswer<Record<string, unknown>>('status/runtimeinfo', {}, 10_000);
  const build = useAnswer<Record<string, unknown>>('status/buildinfo', {}, 0);
  const tsdb = useAnswer<TsdbStatus>('status/tsdb', {}, 30_000);
  return (
    <section className="page">
      <h1>Runtime</h1>
      <Loaded loading={runtime}>{(data) => <Facts facts={namedFacts(RUNTIME, data)} />}</Loaded>
      <h1>Build</h1>
      <Loaded loading={build}>{(data) => <Facts facts={namedFacts(BUILD, data)} />}</Loaded>
      <h1>Head of the database</h1>
      <Loaded loading={tsdb}>
        {(data) => (
          <>
            <Facts facts={namedFacts(HEAD, { ...data.headStats, ...headTimes(data.headStats) })} />
            <h2>Metric names with the most series</h2>
            <Facts facts={data.seriesCountByMetricName.map(({ name, value }) => [name, value])} />
            <h2>Label names with the most values</h2>
            <Facts facts={data.labelValueCountByLabelName.map(({ name, value }) => [name, value])} />
          </>
        )}
      </Loaded>
    </section>
  );
}

function namedFacts(names: FieldNames, data: Readonly<Record<string, unknown>>): (readonly [string, unknown])[] {
  return Object.entries(names)
    .filter(([field]) => data[field] !== undefined)
    .map(([field, name]) => [name, data[field]]);
}

/** Milliseconds as dates. An empty head has the largest and the smallest time instead. */
function headTimes({ minTime = 0, maxTime = 0 }: Readonly<Record<string, number>>): Record<string, string> {
  const text = (ms: number): string => (minTime > maxTime ? 'none' : new Date(ms).toISOString());
  return { minTime: text(minTime), maxTime: text(maxTime) };
}

function Facts({ facts }: { facts: readonly (readonly [string, unknown])[] }): ReactNode {
  return (
    <table className="facts">
      <tbody>
        {facts.map(([name, value]) => (
          <tr key={name}>
            <th>{name}</th>
            <td>{String(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
