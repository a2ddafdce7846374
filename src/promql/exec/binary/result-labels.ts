import { type Labels, labelsFromPairs } from '../../../model/labels.ts';
import type { VectorMatching } from '../../syntax/ast.ts';
import { keepLabels } from './signatures.ts';

/**
 * The labels of a matched pair: those of the many side; one-to-one only the matched ones; labels of
 * `group_left`/`group_right` are taken over from the one side, absent ones too. `matchingLabels` are those of the matching,
 * `included` those that are taken over.
 */
export function resultLabels(
  many: Labels,
  one: Labels,
  { card, include, on }: VectorMatching,
  matchingLabels: ReadonlySet<string>,
  included: ReadonlySet<string>,
  dropsMetric: boolean,
): Labels {
  let labels = dropsMetric ? many.withoutMetric : many;
  if (card === 'one-to-one') labels = keepLabels(labels, (name) => matchingLabels.has(name) === on);
  if (include.length > NAMES_IN_TURN_MAX) return withAll(labels, one, included);
  for (const name of include) labels = labels.with(name, one.get(name));
  return labels;
}

/** A list of names may have hundreds of thousands; longer ones than this are asked for the labels that there are. */
export const NAMES_IN_TURN_MAX = 8;

function withAll(labels: Labels, one: Labels, included: ReadonlySet<string>): Labels {
  const pairs: string[] = [];
  for (let i = 0; i < labels.pairs.length; i += 2) {
    if (!included.has(labels.pairs[i]!)) pairs.push(labels.pairs[i]!, labels.pairs[i + 1]!);
  }
  for (let i = 0; i < one.pairs.length; i += 2) {
    if (included.has(one.pairs[i]!)) pairs.push(one.pairs[i]!, one.pairs[i + 1]!);
  }
  return labelsFromPairs(pairs.slice());
}
