import type { ReactNode } from 'react';
import type { Metric } from './api.ts';
import { metricParts } from './format.ts';

/** A series' name and labels with the values set apart by colour. */
export function SeriesName({ metric }: { metric: Metric }): ReactNode {
  const { name, members } = metricParts(metric);
  const braces = members.length > 0 || name === '';
  return (
    <code className="series">
      <b>{name}</b>
      {braces && '{'}
      {members.map(({ label, value }, index) => (
        <span key={label}>
          {index > 0 && ', '}
          {label === '' ? (
            <b>{value}</b>
          ) : (
            <>
              <span className="label">{label}</span>=<span className="string">{value}</span>
            </>
          )}
        </span>
      ))}
      {braces && '}'}
    </code>
  );
}
