import type { ReactNode } from 'react';
import { Loaded } from '../shared/loaded.tsx';
import { useAnswer } from '../shared/use-answer.ts';

/** The configuration in force. */
export function ConfigPage(): ReactNode {
  const config = useAnswer<{ yaml: string }>('status/config', {}, 0);
  return (
    <section className="page">
      <h1>Configuration</h1>
      <Loaded loading={config}>
        {(data) => (
          <>
            <button type="button" className="quiet" onClick={() => navigator.clipboard.writeText(data.yaml)}>
              Copy
            </button>
            <pre className="yaml">{data.yaml}</pre>
          </>
        )}
      </Loaded>
    </section>
  );
}
