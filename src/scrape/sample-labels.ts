import { labelPairsFromSeries } from '../exposition/series-labels.ts';
import { LabelBuilder } from '../model/label-builder.ts';
import { goQuote, Labels, labelsFromPairs, METRIC_NAME } from '../model/labels.ts';
import { isValidLabelName, isValidMetricName, type NameValidationScheme } from '../model/name-validation.ts';
import { type RelabelRule, relabel } from '../model/relabel.ts';
import { compareUtf8 } from '../model/utf8.ts';
import { LabelLimitError, ScrapeError } from './scrape-error.ts';
import type { SeriesKind } from './series-kinds.ts';

/** How a target's series get the labels under which they are stored. */
export interface SampleLabeling {
  /** The target's labels without those that begin with `__`. */
  readonly targetLabels: Labels;
  readonly honorLabels: boolean;
  readonly rules: readonly RelabelRule[];
  readonly scheme: NameValidationScheme;
  readonly limits: LabelLimits;
}

/** 0 is no limit. */
export interface LabelLimits {
  readonly labels: number;
  readonly nameLength: number;
  readonly valueLength: number;
}

/** Labels beginning with this steer the scrape and are not stored. */
const RESERVED_PREFIX = '__';
const EXPORTED_PREFIX = 'exported_';

/**
 * The labels under which a scraped series is stored, or `null` where metric relabelling drops it.
 *
 * @throws ScrapeError where the whole scrape has to fail: no metric name, invalid names, a limit
 */
export function sampleLabels(
  bytes: Uint8Array,
  start: number,
  end: number,
  { type, labels: described }: SeriesKind,
  labeling: SampleLabeling,
): Labels | null {
  const written = labelPairsFromSeries(bytes, start, end, type);
  const pairs = described === null ? written : withDescription(written, described);
  const merged = labeling.rules.length === 0 ? mergedLabels(pairs, labeling.targetLabels) : null;
  const exposed = merged === null ? labelsFromPairs(pairs) : Labels.EMPTY;
  const repeated = merged !== null || exposed.size * 2 === pairs.length ? null : repeatedName(pairs);
  const labels = merged ?? relabelled(exposed, labeling);
  if (labels === null) return null;

  if (!labels.has(METRIC_NAME)) throw new ScrapeError(`missing metric name (${METRIC_NAME} label)`);
  if (!hasValidNames(labels, labeling.scheme)) {
    throw new ScrapeError(`invalid metric name or label names: ${labels.toString()}`);
  }
  if (repeated !== null && labels.has(repeated)) {
    throw new ScrapeError(`label name "${repeated}" is not unique: invalid sample`);
  }
  checkLimits(labels, labeling.limits);
  return labels;
}

/** What metadata says of a series takes the place of labels of those names, and the metric's name that of others. */
function withDescription(written: readonly string[], described: readonly string[]): string[] {
  const pairs = [written[0]!, written[1]!, ...described];
  for (let i = 2; i < written.length; i += 2) {
    const name = written[i]!;
    if (name !== METRIC_NAME && name !== described[0] && name !== described[2]) pairs.push(name, written[i + 1]!);
  }
  return pairs;
}

/** The labels of a sample that the scrape itself makes, such as `up`. */
export function reportLabels(metricName: string, targetLabels: Labels): Labels {
  return targetLabels.with(METRIC_NAME, metricName);
}

/** Labels of a target that become labels of its series. */
export function publicLabels(labels: Labels): Labels {
  const pairs: string[] = [];
  for (let i = 0; i < labels.pairs.length; i += 2) {
    if (!labels.pairs[i]!.startsWith(RESERVED_PREFIX)) pairs.push(labels.pairs[i]!, labels.pairs[i + 1]!);
  }
  return new Labels(pairs);
}

/** Above this many labels sorting by insertion is no longer the fastest. */
const INSERTION_MAX = 32;

/**
 * What nearly every new series needs: its labels and the target's, sorted. `null` where there is more to it: a name
 * that occurs twice, an empty value, or very many labels.
 */
function mergedLabels(pairs: readonly string[], targetLabels: Labels): Labels | null {
  if (pairs.length > 2 * INSERTION_MAX) return null;
  const merged = pairs.concat(targetLabels.pairs);
  for (let i = 0; i < merged.length; i += 2) {
    const name = merged[i]!;
    const value = merged[i + 1]!;
    if (value === '') return null;
    let at = i;
    let order = 1;
    while (at > 0 && (order = compareUtf8(merged[at - 2]!, name)) > 0) {
      merged[at] = merged[at - 2]!;
      merged[at + 1] = merged[at - 1]!;
      at -= 2;
    }
    if (at > 0 && order === 0) return null;
    merged[at] = name;
    merged[at + 1] = value;
  }
  return new Labels(merged);
}

function relabelled(exposed: Labels, labeling: SampleLabeling): Labels | null {
  const builder = new LabelBuilder(exposed);
  addTargetLabels(builder, exposed, labeling);
  if (!relabel(builder, labeling.rules)) return null;
  const labels = builder.labels();
  return labels.size === 0 ? null : labels;
}

function addTargetLabels(builder: LabelBuilder, exposed: Labels, labeling: SampleLabeling): void {
  const { pairs } = labeling.targetLabels;
  const conflicts: [name: string, value: string][] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!;
    const value = exposed.get(name);
    if (value !== '') {
      if (labeling.honorLabels) continue;
      conflicts.push([name, value]);
    }
    builder.set(name, pairs[i + 1]!);
  }
  conflicts.sort(([a], [b]) => a.length - b.length);
  for (const [name, value] of conflicts) {
    let renamed = EXPORTED_PREFIX + name;
    while (builder.get(renamed) !== '') renamed = EXPORTED_PREFIX + renamed;
    builder.set(renamed, value);
  }
}

/** The first name that has two values, if any. A series may have many thousand labels, so no pair is compared. */
function repeatedName(pairs: readonly string[]): string | null {
  const seen = new Set<string>();
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i + 1] === '') continue;
    if (seen.has(pairs[i]!)) return pairs[i]!;
    seen.add(pairs[i]!);
  }
  return null;
}

function hasValidNames(labels: Labels, scheme: NameValidationScheme): boolean {
  const { pairs } = labels;
  for (let i = 0; i < pairs.length; i += 2) {
    if (!isValidLabelName(pairs[i]!, scheme)) return false;
    if (pairs[i] === METRIC_NAME && !isValidMetricName(pairs[i + 1]!, scheme)) return false;
  }
  return true;
}

function checkLimits(labels: Labels, limits: LabelLimits): void {
  const metric = () => firstCharacters(labels.get(METRIC_NAME));
  if (limits.labels > 0 && labels.size > limits.labels) {
    throw new LabelLimitError(
      `label_limit exceeded (metric: ${metric()}, number of labels: ${labels.size}, limit: ${limits.labels})`,
    );
  }
  if (limits.nameLength === 0 && limits.valueLength === 0) return;
  const { pairs } = labels;
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!;
    const value = pairs[i + 1]!;
    const nameLength = Buffer.byteLength(name);
    if (limits.nameLength > 0 && nameLength > limits.nameLength) {
      throw new LabelLimitError(
        `label_name_length_limit exceeded (metric: ${metric()}, label name: ${firstCharacters(name)}, length: ${nameLength}, limit: ${limits.nameLength})`,
      );
    }
    const valueLength = Buffer.byteLength(value);
    if (limits.valueLength > 0 && valueLength > limits.valueLength) {
      throw new LabelLimitError(
        `label_value_length_limit exceeded (metric: ${metric()}, label name: ${firstCharacters(name)}, value: ${goQuote(firstCharacters(value))}, length: ${valueLength}, limit: ${limits.valueLength})`,
      );
    }
  }
}

/** The first 50 characters, as the reference's `%.50s`. */
function firstCharacters(text: string): string {
  return text.length <= 50 ? text : [...text.slice(0, 100)].slice(0, 50).join('');
}
