import { type ReactNode, useState } from 'react';
import { Loaded } from '../shared/loaded.tsx';
import { useAnswer } from '../shared/use-answer.ts';

/** Every command-line flag with the value in force. */
export function FlagsPage(): ReactNode {
  const flags = useAnswer<Record<string, string>>('status/flags', {}, 0);
  const [filter, setFilter] = useState('');
  return (
    <section className="page">
      <h1>Command-line flags</h1>
      <input
        className="filter"
        aria-label="Filter by name or value"
        placeholder="Filter by name or value"
        value={filter}
        onChange={(event) => setFilter(event.target.value)}
      />
      <Loaded loading={flags}>
        {(data) => {
          const wanted = filter.trim().toLowerCase();
          const found = Object.entries(data).filter(([name, value]) =>
            `--${name} ${value}`.toLowerCase().includes(wanted),
          );
          if (found.length === 0) return <p className="hint">No flag has this in its name or value.</p>;
          return (
            <table className="facts">
              <tbody>
                {found.map(([name, value]) => (
                  <tr key={name}>
                    <th>--{name}</th>
                    <td>{value}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Loaded>
    </section>
  );
}
