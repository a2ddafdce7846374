import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { type Answer, askApi, type QueryData } from '../shared/api.ts';
import type { Theme } from '../shared/theme.ts';
import { ExplainView, type Explanation } from './explain-view.tsx';
import { ExpressionInput } from './expression-input.tsx';
import { GraphView } from './graph-view.tsx';
import { type PanelState, stepFor } from './panel-state.ts';
import { TableView } from './table-view.tsx';
import { TimeControls } from './time-controls.tsx';

type Result =
  | { readonly tab: 'table'; readonly answer: Answer<QueryData> }
  | {
      readonly tab: 'graph';
      readonly answer: Answer<QueryData>;
      /** Seconds. */
      readonly start: number;
      readonly end: number;
      readonly step: number;
    }
  | { readonly tab: 'explain'; readonly answer: Answer<Explanation> };

const TABS: Readonly<Record<PanelState['tab'], string>> = { table: 'Table', graph: 'Graph', explain: 'Explain' };

interface PanelProps {
  readonly panel: PanelState;
  readonly theme: Theme;
  readonly onChange: (panel: PanelState) => void;
  readonly onRemove: (() => void) | null;
}

/** One expression with its table, graph or plan. A newer run cancels the one before. */
export function Panel({ panel, theme, onChange, onRemove }: PanelProps): ReactNode {
  const [result, setResult] = useState<Result | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [running, setRunning] = useState(false);
  const abort = useRef<AbortController | null>(null);

  const run = useCallback((asked: PanelState): void => {
    abort.current?.abort();
    if (asked.expr.trim() === '') {
      setResult(null);
      setError(null);
      return;
    }
    const controller = new AbortController();
    abort.current = controller;
    setRunning(true);
    ask(asked, controller.signal)
      .then(
        (answered) => {
          setResult(answered);
          setError(null);
        },
        (failure: Error) => {
          if (controller.signal.aborted) return;
          setResult(null);
          setError(failure.message);
        },
      )
      .finally(() => {
        if (abort.current === controller) setRunning(false);
      });
  }, []);

  // Runs what a link brought, and whatever the controls below the expression change.
  const { tab, endTime, rangeMs, stepMs } = panel;
  const latest = useRef(panel);
  latest.current = panel;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the expression runs on Enter, not on every key
  useEffect(() => {
    run(latest.current);
    return () => abort.current?.abort();
  }, [tab, endTime, rangeMs, stepMs, run]);

  return (
    <section className="panel">
      <div className="expression-row">
        <ExpressionInput
          value={panel.expr}
          theme={theme}
          onChange={(expr) => onChange({ ...latest.current, expr })}
          onRun={() => run(latest.current)}
        />
        {running ? (
          <button type="button" className="primary" onClick={() => abort.current?.abort()}>
            Cancel
          </button>
        ) : (
          <button type="button" className="primary" onClick={() => run(panel)}>
            Execute
          </button>
        )}
        {onRemove !== null && (
          <button type="button" className="quiet" onClick={onRemove} title="Remove this panel">
            Remove
          </button>
        )}
      </div>
      <div className="control-row">
        <div className="tabs" role="tablist">
          {(Object.keys(TABS) as PanelState['tab'][]).map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={panel.tab === name}
              onClick={() => onChange({ ...panel, tab: name })}
            >
              {TABS[name]}
            </button>
          ))}
        </div>
        <TimeControls panel={panel} onChange={onChange} />
        <span className="summary">{result === null ? '' : summaryOf(result)}</span>
      </div>
      {error !== null && (
        <pre className="notice error" role="alert">
          {error}
        </pre>
      )}
      {result?.answer.warnings.map((text) => (
        <pre key={text} className="notice warning">
          {text}
        </pre>
      ))}
      {result?.answer.infos.map((text) => (
        <pre key={text} className="notice info">
          {text}
        </pre>
      ))}
      {result !== null && result.tab === 'table' && <TableView data={result.answer.data} />}
      {result !== null && result.tab === 'explain' && <ExplainView explanation={result.answer.data} />}
      {result !== null && result.tab === 'graph' && (
        <GraphView
          data={result.answer.data}
          start={result.start}
          end={result.end}
          step={result.step}
          stacked={panel.stacked}
          theme={theme}
          onZoom={(start, end) =>
            onChange({ ...panel, endTime: end * 1000, rangeMs: Math.max(1000, (end - start) * 1000) })
          }
        />
      )}
      {result === null && error === null && !running && (
        <p className="hint">Type an expression and press Enter. Shift+Enter makes a new line.</p>
      )}
    </section>
  );
}

async function ask(panel: PanelState, signal: AbortSignal): Promise<Result> {
  const end = (panel.endTime ?? Date.now()) / 1000;
  if (panel.tab === 'table') {
    const params = { query: panel.expr, time: String(end) };
    return { tab: 'table', answer: await askApi<QueryData>('query', params, signal) };
  }
  if (panel.tab === 'explain') {
    const params = { query: panel.expr, time: String(end), analyze: 'true' };
    return { tab: 'explain', answer: await askApi<Explanation>('explain', params, signal) };
  }
  const step = stepFor(panel) / 1000;
  const start = end - panel.rangeMs / 1000;
  const params = { query: panel.expr, start: String(start), end: String(end), step: String(step) };
  return { tab: 'graph', answer: await askApi<QueryData>('query_range', params, signal), start, end, step };
}

function summaryOf(result: Result): string {
  const took = `${Math.round(result.answer.elapsedMs)} ms`;
  if (result.tab === 'explain') return took;
  const { data } = result.answer;
  const parts = [took];
  if (data.resultType === 'vector' || data.resultType === 'matrix') parts.unshift(`${data.result.length} series`);
  if (result.tab === 'graph') parts.push(`step ${result.step} s`);
  return parts.join(' · ');
}
