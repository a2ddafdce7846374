import type { ReactNode } from 'react';
import type { Loading } from './use-answer.ts';

/** Shows what has been loaded, or why it has not. */
export function Loaded<T>({ loading, children }: { loading: Loading<T>; children: (data: T) => ReactNode }): ReactNode {
  switch (loading.state) {
    case 'loading':
      return <p className="hint">Loading</p>;
    case 'failed':
      return (
        <pre className="notice error" role="alert">
          {loading.message}
        </pre>
      );
    case 'done':
      return children(loading.answer.data);
  }
}
