import { type ReactNode, useState } from 'react';
import { agoText, quoted } from '../shared/format.ts';
import { Loaded } from '../shared/loaded.tsx';
import { useAnswer } from '../shared/use-answer.ts';

interface ActiveTarget {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly lastError: string;
  readonly lastScrape: string;
  readonly lastScrapeDuration: number;
  readonly health: 'up' | 'down' | 'unknown';
  readonly scrapeInterval: string;
}

interface Targets {
  readonly activeTargets: readonly ActiveTarget[];
}

/** All targets by scrape pool, with what the last scrape said. */
export function TargetsPage(): ReactNode {
  const targets = useAnswer<Targets>('targets', { state: 'active' }, 5000);
  const [unhealthyOnly, setUnhealthyOnly] = useState(false);
  return (
    <section className="page">
      <h1>Targets</h1>
      <label className="check">
        <input type="checkbox" checked={unhealthyOnly} onChange={(event) => setUnhealthyOnly(event.target.checked)} />
        Only those that are not up
      </label>
      <Loaded loading={targets}>
        {(data) => {
          const pools = Map.groupBy(data.activeTargets, (target) => target.scrapePool);
          if (pools.size === 0) return <p className="hint">No targets. The configuration names what to scrape.</p>;
          const isShown = (target: ActiveTarget): boolean => !unhealthyOnly || target.health !== 'up';
          if (!data.activeTargets.some(isShown)) return <p className="hint">All targets are up.</p>;
          return [...pools]
            .filter(([, members]) => members.some(isShown))
            .map(([pool, members]) => (
              <Pool key={pool} name={pool} members={members} shown={members.filter(isShown)} />
            ));
        }}
      </Loaded>
    </section>
  );
}

interface PoolProps {
  readonly name: string;
  readonly members: readonly ActiveTarget[];
  readonly shown: readonly ActiveTarget[];
}

function Pool({ name, members, shown }: PoolProps): ReactNode {
  const up = members.filter((target) => target.health === 'up').length;
  return (
    <>
      <h2>
        {name}{' '}
        <span className={up === members.length ? 'health up' : 'health down'}>
          {up} of {members.length} up
        </span>
      </h2>
      <table className="targets">
        <thead>
          <tr>
            <th>Endpoint</th>
            <th>State</th>
            <th>Labels</th>
            <th className="figure">Last scrape</th>
            <th>Took</th>
            <th>Every</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((target) => (
            <tr key={target.scrapeUrl + JSON.stringify(target.labels)}>
              <td>
                <a href={target.scrapeUrl}>{target.scrapeUrl}</a>
                {target.lastError !== '' && <div className="target-error">{target.lastError}</div>}
              </td>
              <td>
                <span className={`health ${target.health}`}>{target.health}</span>
              </td>
              <td>
                {Object.entries(target.labels).map(([label, value]) => (
                  <span key={label} className="pill">
                    {label}={quoted(value)}
                  </span>
                ))}
              </td>
              <td className="figure" data-label="Last scrape">
                {agoText(target.lastScrape)}
              </td>
              <td className="figure" data-label="Took">
                {(target.lastScrapeDuration * 1000).toFixed(1)} ms
              </td>
              <td className="figure" data-label="Every">
                {target.scrapeInterval}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
