import { formatDuration } from '../../model/duration.ts';
import { goFloatCompact } from '../../model/go-float.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../storage/query.ts';
import { EvaluationError } from '../functions/contracts.ts';
import type { VectorMatching } from '../syntax/ast.ts';
import { printMatcher } from '../syntax/print.ts';
import { foldTree, type Look } from './fold-tree.ts';
import { type InstantSelectPlan, type Plan, planInputs, type Reference, type SelectHints } from './plan.ts';

/** How a query is computed: its plan after all passes, and what it asks of the storage. Times in ms. */
export interface Explanation {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  /** 0: an instant query. */
  readonly step: number;
  readonly passes: readonly ExplainedPass[];
  /** In order of the text. What `info` looks up besides is decided while the query runs and is not among them. */
  readonly selectors: readonly ExplainedSelector[];
  /** What the query as a whole took; null where it was not run. */
  readonly analysis: Analysis | null;
  readonly plan: ExplainedNode;
}

export interface Analysis {
  /** Of the answer. */
  readonly series: number;
  readonly samples: number;
  /** Samples in all windows of all steps, and samples read, as the `stats` of an answer count them. */
  readonly samplesLookedAt: number;
  readonly samplesRead: number;
  /** The most samples held at once, as `--query.max-samples` counts them. */
  readonly samplesPeak: number;
  /** Memory taken, as `--query.max-bytes` counts it. */
  readonly bytes: number;
  readonly preparationMilliseconds: number;
  readonly evaluationMilliseconds: number;
}

export interface ExplainedPass {
  readonly name: string;
  readonly purpose: string;
  /** Whether it changed this plan. */
  readonly applied: boolean;
}

export interface ExplainedSelector {
  readonly matchers: readonly string[];
  /** The samples that are read, both ends included. */
  readonly minTime: number;
  readonly maxTime: number;
}

/** One step of the plan; what it works on stands in `inputs`, in order of evaluation. */
export interface ExplainedNode {
  readonly node: Plan['kind'];
  /** What of it is not in the inputs, in PromQL's notation; may be empty. */
  readonly detail: string;
  /** What this node took, and with its inputs; only where the query was run. */
  readonly cost?: ExplainedCost;
  readonly inputs: readonly ExplainedNode[];
}

export interface ExplainedCost {
  /** Series, and the samples or values on steps of these, that it gave. */
  readonly series: number;
  readonly samples: number;
  /** Memory that it took itself. */
  readonly bytes: number;
  /** Time that it took itself, and together with its inputs. */
  readonly ownMilliseconds: number;
  readonly milliseconds: number;
}

/** What was measured of a node without its inputs. */
type MeasuredCost = Pick<ExplainedCost, 'series' | 'samples' | 'bytes' | 'milliseconds'>;

/** Deeper plans are not shown: nobody reads them, and an indented tree grows with the square of its depth. */
const DEPTH_MAX = 250;

/**
 * The tree of a plan, with what its nodes took. Throws EvaluationError where it is deeper than 250 levels, and what `look` throws, which
 * is called now and then.
 */
export function explainedTree(
  plan: Plan,
  look: Look,
  costs: ReadonlyMap<Plan, MeasuredCost> | null = null,
): ExplainedNode {
  const shown = new Set<number>();
  const inputsOf = (node: Plan): readonly Plan[] => {
    if (node.kind !== 'sharedVector' && node.kind !== 'sharedScalar') return planInputs(node);
    // What is shared stands below the first of its places.
    if (shown.has(node.number)) return [];
    shown.add(node.number);
    return planInputs(node);
  };
  const explained = (node: Plan, inputs: readonly Measured[]): Measured => ({
    depth: 1 + inputs.reduce((deepest, input) => Math.max(deepest, input.depth), 0),
    tree: {
      node: node.kind,
      detail: detailOf(node),
      ...(costs === null ? {} : { cost: costWith(costs.get(node), inputs) }),
      inputs: inputs.map((input) => input.tree),
    },
  });
  const { tree, depth } = foldTree(plan, inputsOf, explained, { look });
  look();
  if (depth > DEPTH_MAX) {
    throw new EvaluationError(`cannot explain the query: its plan is ${depth} levels deep, ${DEPTH_MAX} are shown`);
  }
  return tree;
}

/** A node without a cost was not needed: its query has no step. */
function costWith(own: MeasuredCost | undefined, inputs: readonly Measured[]): ExplainedCost {
  const { series, samples, bytes, milliseconds: ownMilliseconds } = own ?? NOTHING;
  const milliseconds = inputs.reduce((sum, { tree }) => sum + tree.cost!.milliseconds, ownMilliseconds);
  return { series, samples, bytes, ownMilliseconds, milliseconds };
}

const NOTHING: MeasuredCost = { series: 0, samples: 0, bytes: 0, milliseconds: 0 };

interface Measured {
  readonly depth: number;
  readonly tree: ExplainedNode;
}

export function explainedSelector(matchers: readonly Matcher[], { minTime, maxTime }: TimeRange): ExplainedSelector {
  return { matchers: matchers.map(printMatcher), minTime, maxTime };
}

/** An explanation for the eye: times, passes and selectors, then the plan as a tree. */
export function explanationText({ start, end, step, passes, selectors, analysis, plan }: Explanation): string {
  const times =
    step === 0 ? `at ${timeText(start)}` : `${timeText(start)} to ${timeText(end)}, every ${formatDuration(step)}`;
  const lines = [`times: ${times}`, 'passes:'];
  for (const { name, purpose, applied } of passes)
    lines.push(`  ${applied ? '+' : '-'} ${name}: ${applied ? purpose : 'changes nothing'}`);
  lines.push(selectors.length === 0 ? 'selectors: none' : 'selectors:');
  for (const { matchers, minTime, maxTime } of selectors) {
    lines.push(`  {${matchers.join(',')}} reads ${timeText(minTime)} to ${timeText(maxTime)}`);
  }
  if (analysis !== null) addAnalysis(lines, analysis);
  lines.push('plan:');
  addNode(lines, plan, '  ', '  ');
  return `${lines.join('\n')}\n`;
}

function addAnalysis(lines: string[], analysis: Analysis): void {
  const { series, samples, samplesLookedAt, samplesRead, samplesPeak, bytes } = analysis;
  const { preparationMilliseconds, evaluationMilliseconds } = analysis;
  lines.push(
    'analysis:',
    `  answer: ${series} series, ${samples} samples`,
    `  samples: ${samplesRead} read, ${samplesLookedAt} looked at, ${samplesPeak} at once`,
    `  memory: ${bytes} bytes`,
    `  time: ${millisecondsText(preparationMilliseconds)} to prepare, ${millisecondsText(evaluationMilliseconds)} to evaluate`,
  );
}

function addNode(lines: string[], { node, detail, cost, inputs }: ExplainedNode, first: string, rest: string): void {
  lines.push(`${first}${node}${detail === '' ? '' : ` ${detail}`}${cost === undefined ? '' : `  ${costText(cost)}`}`);
  for (const [i, input] of inputs.entries()) {
    const isLast = i === inputs.length - 1;
    addNode(lines, input, `${rest}${isLast ? '└─ ' : '├─ '}`, `${rest}${isLast ? '   ' : '│  '}`);
  }
}

function costText({ series, samples, bytes, ownMilliseconds, milliseconds }: ExplainedCost): string {
  const times = `${millisecondsText(milliseconds)}, own ${millisecondsText(ownMilliseconds)}`;
  return `(${series} series, ${samples} samples, ${bytes} bytes, ${times})`;
}

function millisecondsText(milliseconds: number): string {
  return `${milliseconds.toFixed(3)} ms`;
}

function detailOf(plan: Plan): string {
  switch (plan.kind) {
    case 'number':
      return goFloatCompact(plan.value);
    case 'string':
      return JSON.stringify(plan.value);
    case 'instantSelect':
      return joined(
        selectorText(plan.matchers),
        floatMatchersText(plan),
        plan.take === 'value' ? '' : `takes ${plan.take}`,
        referenceText(plan),
        hintsText(plan),
      );
    case 'rangeSelect':
      return joined(
        `${selectorText(plan.matchers)}[${formatDuration(plan.rangeMs)}]`,
        floatMatchersText(plan),
        plan.extension === 'none' ? '' : plan.extension,
        referenceText(plan),
        hintsText(plan),
      );
    case 'subquery':
      return joined(`[${formatDuration(plan.rangeMs)}:${formatDuration(plan.stepMs)}]`, referenceText(plan));
    case 'info':
      return joined(plan.matchers === null ? '' : selectorText(plan.matchers), referenceText(plan));
    case 'rangeCall':
      return joined(plan.call.func, plan.keepsName ? 'keeps the name' : '');
    case 'instantCall':
    case 'scalarCall':
    case 'histogramCall':
    case 'absentOverTime':
      return plan.call.func;
    case 'sortByValue':
      return plan.call.func;
    case 'sortByLabel':
      return joined(plan.call.func, plan.names.join(', '));
    case 'labelCall':
      return joined(plan.call.func, plan.strings.map((text) => JSON.stringify(text)).join(', '));
    case 'histogramQuantiles':
      return joined(plan.call.func, `into ${plan.label}`);
    case 'timestamp':
      return plan.take;
    case 'aggregate':
      return joined(
        plan.op,
        plan.without || plan.grouping.length > 0
          ? `${plan.without ? 'without' : 'by'} (${plan.grouping.join(', ')})`
          : '',
        plan.valueLabel === '' ? '' : `into ${plan.valueLabel}`,
      );
    case 'scalarBinary':
      return plan.op;
    case 'vectorScalar':
      return joined(plan.op, plan.returnBool ? 'bool' : '');
    case 'vectorBinary':
      return joined(plan.op, plan.returnBool ? 'bool' : '', matchingText(plan.matching));
    case 'setOperation':
      return joined(plan.op, matchingText(plan.matching));
    case 'union':
      return joined('or', matchingText(plan.matching));
    case 'absent':
    case 'vectorOf':
    case 'scalarOf':
    case 'negateVector':
    case 'negateScalar':
    case 'invariantVector':
    case 'invariantScalar':
      return '';
    case 'sharedVector':
    case 'sharedScalar':
      return `#${plan.number}`;
  }
}

function selectorText(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(',')}}`;
}

function floatMatchersText({ floatMatchers }: Pick<InstantSelectPlan, 'floatMatchers'>): string {
  return floatMatchers.length === 0 ? '' : `where all are floats without type and unit ${selectorText(floatMatchers)}`;
}

function referenceText({ at, offsetMs }: Reference): string {
  const offset = offsetMs === 0 ? '' : `offset ${offsetMs < 0 ? '-' : ''}${formatDuration(Math.abs(offsetMs))}`;
  return joined(at === null ? '' : `@ ${timeText(at)}`, offset);
}

function hintsText({ statisticsOnly, labels, isShared }: SelectHints): string {
  return joined(
    statisticsOnly ? 'without buckets' : '',
    labels === 'name' ? 'without labels' : '',
    isShared ? 'shared' : '',
  );
}

function matchingText({ card, on, matchingLabels, include, fillLeft, fillRight }: VectorMatching): string {
  const group = card === 'many-to-one' ? 'group_left' : card === 'one-to-many' ? 'group_right' : '';
  return joined(
    card,
    on || matchingLabels.length > 0 ? `${on ? 'on' : 'ignoring'} (${matchingLabels.join(', ')})` : '',
    group === '' ? '' : `${group} (${include.join(', ')})`,
    fillLeft === null ? '' : `fill_left ${goFloatCompact(fillLeft)}`,
    fillRight === null ? '' : `fill_right ${goFloatCompact(fillRight)}`,
  );
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** Seconds, as `@` and the API have them. */
function timeText(ms: number): string {
  return (ms / 1000).toFixed(3).replace(/\.?0+$/, '');
}
