import type { ReactNode } from 'react';
import { Loaded } from '../shared/loaded.tsx';
import { useAnswer } from '../shared/use-answer.ts';

interface TsdbStatus {
  readonly headStats: Readonly<Record<string, number>>;
  readonly seriesCountByMetricName: readonly { name: string; value: number }[];
  readonly labelValueCountByLabelName: readonly { name: string; value: number }[];
}

/** Runtime, build and the head of the database. */
export function StatusPage(): ReactNode {
  const runtime = useAnswer<Record<string, unknown>>('status/runtimeinfo', {}, 10_000);
  const build = useAnswer<Record<string, unknown>>('status/buildinfo', {}, 0);
  const tsdb = useAnswer<TsdbStatus>('status/tsdb', {}, 30_000);
  return (
    <section className="page">
      <h1>Runtime</h1>
      <Loaded loading={runtime}>{(data) => <Facts facts={Object.entries(data)} />}</Loaded>
      <h1>Build</h1>
      <Loaded loading={build}>{(data) => <Facts facts={Object.entries(data)} />}</Loaded>
      <h1>Head of the database</h1>
      <Loaded loading={tsdb}>
        {(data) => (
          <>
            <Facts facts={Object.entries(data.headStats)} />
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
