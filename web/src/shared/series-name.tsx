import type { ReactNode } from 'react';
import type { Metric } from './api.ts';

/** A series' name and labels with the values set apart by colour. */
export function SeriesName({ metric }: { metric: Metric }): ReactNode {
  const labels = Object.entries(metric).filter(([name]) => name !== '__name__');
  const name = metric['__name__'] ?? '';
  return (
    <code className="series">
      <b>{name}</b>
      {(labels.length > 0 || name === '') && '{'}
      {labels.map(([label, value], index) => (
        <span key={label}>
          {index > 0 && ', '}
          <span className="label">{label}</span>=<span className="string">{JSON.stringify(value)}</span>
        </span>
      ))}
      {(labels.length > 0 || name === '') && '}'}
    </code>
  );
}
