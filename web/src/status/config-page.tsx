import { type ReactNode, useState } from 'react';
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
            <CopyButton text={data.yaml} />
            <pre className="yaml">{data.yaml}</pre>
          </>
        )}
      </Loaded>
    </section>
  );
}

/** Browsers give pages a clipboard only over TLS or from the same machine: elsewhere there is no button. */
function CopyButton({ text }: { text: string }): ReactNode {
  const [state, setState] = useState('Copy');
  if (navigator.clipboard === undefined) return null;
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setState('Copied'),
      () => setState('The browser refused'),
    );
  };
  return (
    <button type="button" className="quiet" onClick={copy}>
      {state}
    </button>
  );
}
