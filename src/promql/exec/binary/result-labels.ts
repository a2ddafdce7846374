import type { Labels } from '../../../model/labels.ts';
import type { VectorMatching } from '../../syntax/ast.ts';
import { keepLabels } from './signatures.ts';

/**
 * The labels of a matched pair: those of the many side; one-to-one only the matched ones; labels of
 * `group_left`/`group_right` are taken over from the one side, absent ones too. `matchingLabels` are those of the matching.
 */
export function resultLabels(
  many: Labels,
  one: Labels,
  { card, include, on }: VectorMatching,
  matchingLabels: ReadonlySet<string>,
  dropsMetric: boolean,
): Labels {
  let labels = dropsMetric ? many.withoutMetric : many;
  if (card === 'one-to-one') labels = keepLabels(labels, (name) => matchingLabels.has(name) === on);
  for (const name of include) labels = labels.with(name, one.get(name));
  return labels;
}
