import { useEffect, useState } from 'react';
import { type Answer, askApi } from './api.ts';

export type Loading<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'done'; readonly answer: Answer<T> };

/** Loads once, then again every `everyMs` (0 = never) while the page is shown. The old answer stays until the next one. */
export function useAnswer<T>(path: string, params: Record<string, string>, everyMs: number): Loading<T> {
  const [loading, setLoading] = useState<Loading<T>>({ state: 'loading' });
  const key = new URLSearchParams(params).toString();
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = (): void => {
      askApi<T>(path, Object.fromEntries(new URLSearchParams(key)), abort.signal)
        .then(
          (answer) => setLoading({ state: 'done', answer }),
          (error: Error) => {
            if (!abort.signal.aborted) setLoading({ state: 'failed', message: error.message });
          },
        )
        .finally(() => {
          if (everyMs > 0 && !abort.signal.aborted) timer = setTimeout(load, everyMs);
        });
    };
    load();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [path, key, everyMs]);
  return loading;
}
