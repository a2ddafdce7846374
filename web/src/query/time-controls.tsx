import { type ReactNode, useEffect, useState } from 'react';
import { durationMs, durationText } from '../shared/format.ts';
import { type PanelState, stepFor, TIME_MIN_MS, textFromTime, timeFromText } from './panel-state.ts';

/** Steps of the range buttons, from one second to two years. */
const RANGES_MS = [
  1, 10, 60, 300, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_419_200,
]
  .concat([4_838_400, 15_724_800, 31_449_600, 62_899_200])
  .map((seconds) => seconds * 1000);

interface TimeControlsProps {
  readonly panel: PanelState;
  readonly onChange: (panel: PanelState) => void;
}

/** Evaluation time of a table or a plan; range, end, step and stacking of a graph. Times are UTC. */
export function TimeControls({ panel, onChange }: TimeControlsProps): ReactNode {
  const graph = panel.tab === 'graph';
  const move = (direction: -1 | 1): void => {
    const end = (panel.endTime ?? Date.now()) + (direction * panel.rangeMs) / 2;
    onChange({ ...panel, endTime: end >= Date.now() ? null : Math.max(end, TIME_MIN_MS) });
  };
  const widen = (direction: -1 | 1): void => {
    const next =
      direction > 0 ? RANGES_MS.find((ms) => ms > panel.rangeMs) : RANGES_MS.findLast((ms) => ms < panel.rangeMs);
    if (next !== undefined) onChange({ ...panel, rangeMs: next });
  };
  return (
    <div className="time-controls">
      {graph && (
        <span className="group">
          <button type="button" onClick={() => widen(-1)} title="Shorter range">
            −
          </button>
          <ParsedInput
            label="Range"
            width={6}
            text={durationText(panel.rangeMs)}
            parse={durationMs}
            onChange={(rangeMs) => onChange({ ...panel, rangeMs })}
          />
          <button type="button" onClick={() => widen(1)} title="Longer range">
            +
          </button>
        </span>
      )}
      <span className="group">
        <button type="button" onClick={() => move(-1)} title="Earlier">
          ‹
        </button>
        <ParsedInput
          label={graph ? 'End time (UTC)' : 'Evaluation time (UTC)'}
          width={19}
          placeholder="now"
          text={panel.endTime === null ? '' : textFromTime(panel.endTime)}
          parse={(text) => (text.trim() === '' ? 'now' : timeFromText(text))}
          onChange={(time) => onChange({ ...panel, endTime: time === 'now' ? null : time })}
        />
        <button type="button" onClick={() => move(1)} title="Later">
          ›
        </button>
      </span>
      {graph && (
        <>
          <ParsedInput
            label="Step"
            width={7}
            placeholder={`auto (${durationText(stepFor({ ...panel, stepMs: null }))})`}
            text={panel.stepMs === null ? '' : durationText(panel.stepMs)}
            parse={(text) => (text.trim() === '' ? 'auto' : durationMs(text))}
            onChange={(step) => onChange({ ...panel, stepMs: step === 'auto' ? null : step })}
          />
          <label className="check">
            <input
              type="checkbox"
              checked={panel.stacked}
              onChange={(event) => onChange({ ...panel, stacked: event.target.checked })}
            />
            Stacked
          </label>
        </>
      )}
    </div>
  );
}

interface ParsedInputProps<T> {
  readonly label: string;
  readonly width: number;
  readonly placeholder?: string;
  readonly text: string;
  /** null: the text means nothing, which marks the field and keeps the old value. */
  readonly parse: (text: string) => T | null;
  readonly onChange: (value: T) => void;
}

function ParsedInput<T>({ label, width, placeholder, text, parse, onChange }: ParsedInputProps<T>): ReactNode {
  const [draft, setDraft] = useState(text);
  useEffect(() => setDraft(text), [text]);
  const parsed = parse(draft);
  const take = (): void => {
    if (parsed !== null && draft !== text) onChange(parsed);
  };
  return (
    <input
      aria-label={label}
      title={label}
      aria-invalid={parsed === null}
      style={{ width: `${width + 2}ch` }}
      value={draft}
      placeholder={placeholder ?? ''}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
      }}
    />
  );
}
