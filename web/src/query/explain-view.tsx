import type { ReactNode } from 'react';

/** What `/api/v1/explain?analyze=true` answers; `docs/promql/explain.md` tells what the fields mean. */
export interface Explanation {
  readonly passes: readonly { readonly name: string; readonly purpose: string; readonly applied: boolean }[];
  readonly analysis: {
    readonly series: number;
    readonly samples: number;
    readonly samplesRead: number;
    readonly bytes: number;
    readonly preparationMilliseconds: number;
    readonly evaluationMilliseconds: number;
  } | null;
  readonly plan: PlanNode;
}

interface PlanNode {
  readonly node: string;
  readonly detail: string;
  readonly cost?: {
    readonly series: number;
    readonly samples: number;
    readonly bytes: number;
    readonly ownMilliseconds: number;
  };
  readonly inputs: readonly PlanNode[];
}

/** How the server computed the expression, and what each step of it took. */
export function ExplainView({ explanation }: { explanation: Explanation }): ReactNode {
  const { analysis, passes, plan } = explanation;
  const applied = passes.filter((pass) => pass.applied);
  return (
    <>
      {analysis !== null && (
        <p className="hint">
          {analysis.samplesRead} samples read, {analysis.samples} answered, {analysis.bytes} bytes of memory,{' '}
          {analysis.preparationMilliseconds.toFixed(1)} ms to prepare, {analysis.evaluationMilliseconds.toFixed(1)} ms
          to evaluate
        </p>
      )}
      <div className="wide">
        <table className="plan">
          <thead>
            <tr>
              <th>Step</th>
              <th>Series</th>
              <th>Samples</th>
              <th>Bytes</th>
              <th>Time</th>
            </tr>
          </thead>
          <tbody>{planRows(plan, 0, '0')}</tbody>
        </table>
      </div>
      {applied.map(({ name, purpose }) => (
        <p key={name} className="hint">
          {name}: {purpose}
        </p>
      ))}
    </>
  );
}

/** The row of a node, and below it those of its inputs. */
function planRows({ node, detail, cost, inputs }: PlanNode, depth: number, key: string): ReactNode[] {
  return [
    <tr key={key}>
      <td style={{ paddingLeft: `${8 + 20 * depth}px` }}>
        <b>{node}</b> <code className="series">{detail}</code>
      </td>
      <td>{cost?.series}</td>
      <td>{cost?.samples}</td>
      <td>{cost?.bytes}</td>
      <td>{cost === undefined ? '' : `${cost.ownMilliseconds.toFixed(2)} ms`}</td>
    </tr>,
    ...inputs.flatMap((input, index) => planRows(input, depth + 1, `${key}.${index}`)),
  ];
}
