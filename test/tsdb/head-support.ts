import { labelsFromObject } from '../../src/model/labels.ts';
import type { Matcher } from '../../src/model/matcher.ts';
import { type AppendOutcome, createSampleBatch, REFUSED, type SampleBatch } from '../../src/storage/append.ts';
import { createSampleColumn, type Querier, type SampleColumn, type SeriesSet } from '../../src/storage/query.ts';
import { Head } from '../../src/tsdb/head/head.ts';
import { type HeadState, noneRefused } from '../../src/tsdb/head/head-state.ts';
import type { LogRecord } from '../../src/tsdb/wal/compressed-samples.ts';
import { recordBytes } from '../../src/tsdb/wal/records.ts';

/** A value is a number or the 16 hexadecimal digits of its bits. */
export type Value = number | string;
export type Row = readonly [ref: number, time: number, value: Value];

/** Stands for the log: keeps what it was given, call by call, and can refuse. */
export class LogDouble {
  readonly calls: Uint8Array[][] = [];
  failure: Error | null = null;
  onAppend: () => void = () => {};

  append(records: readonly LogRecord[]): void {
    this.onAppend();
    if (this.failure !== null) throw this.failure;
    this.calls.push(records.map((record) => recordBytes(record).slice()));
  }

  takeBack(): void {
    this.calls.pop();
  }
}

export function createHead(options: { chunkRangeMs?: number; minValidTime?: number; outOfOrderMs?: number } = {}): {
  head: Head;
  log: LogDouble;
  lateLog: LogDouble;
} {
  const log = new LogDouble();
  const lateLog = new LogDouble();
  const head = new Head({
    chunkRangeMs: options.chunkRangeMs ?? 7_200_000,
    minValidTime: options.minValidTime ?? Number.NEGATIVE_INFINITY,
  });
  head.logTo(log, lateLog);
  head.setOutOfOrderWindow(options.outOfOrderMs ?? 0);
  return { head, log, lateLog };
}

export function batchOf(rows: readonly Row[]): SampleBatch {
  const batch = createSampleBatch(rows.length);
  batch.length = rows.length;
  for (const [i, [ref, time, value]] of rows.entries()) {
    batch.refs[i] = ref;
    batch.times[i] = time;
    writeValue(batch, i, value);
  }
  return batch;
}

function writeValue(batch: SampleBatch, i: number, value: Value): void {
  if (typeof value === 'number') {
    batch.values[i] = value;
    return;
  }
  batch.bits[2 * i + 1] = Number.parseInt(value.slice(0, 8), 16);
  batch.bits[2 * i] = Number.parseInt(value.slice(8), 16);
}

/** The ref of a series that is created where it is new; logged with the next commit. */
export function refOf(head: Head, labels: Record<string, string>): number {
  const appender = head.appender();
  const ref = appender.resolve(labelsFromObject(labels));
  appender.rollback();
  return ref;
}

/** One whole transaction of one batch. */
export function append(head: Head, rows: readonly Row[]): string {
  const appender = head.appender();
  const outcome = describeOutcome(appender.append(batchOf(rows)));
  appender.commit();
  return outcome;
}

const REASON_NAMES = new Map<number, string>(Object.entries(REFUSED).map(([name, number]) => [number, name]));

/** `2 taken`, `1 taken, 3: outOfOrder` and the like. */
export function describeOutcome(outcome: AppendOutcome): string {
  let text = `${outcome.appended} taken`;
  for (let i = 0; i < outcome.refusedCount; i++) {
    text += `, ${outcome.refused[i]}: ${REASON_NAMES.get(outcome.reasons[i]!)}`;
  }
  return text;
}

export const ALL_TIME = { minTime: Number.NEGATIVE_INFINITY, maxTime: Number.POSITIVE_INFINITY };

/** What one select of its own shows: a line a series, `{labels} time=value ...`, in label order. */
export function show(
  source: { querier(range: typeof ALL_TIME): Querier },
  matchers: readonly Matcher[] = [],
  range = ALL_TIME,
  limit = 0,
): string[] {
  const querier = source.querier(range);
  const lines = showSet(atOnce(querier.select({ matchers, range, sorted: true, limit })));
  querier.close();
  return lines;
}

/** The same of everything in a database on the host's clock, whose selects may wait where the machine is busy. */
export async function showWhenRead(source: { querier(range: typeof ALL_TIME): Querier }): Promise<string[]> {
  const querier = source.querier(ALL_TIME);
  const lines = showSet(await querier.select({ matchers: [], range: ALL_TIME, sorted: true, limit: 0 }));
  querier.close();
  return lines;
}

export function showSet(set: SeriesSet): string[] {
  const column = createSampleColumn(1);
  const lines: string[] = [];
  for (let row = 0; row < set.length; row++) {
    set.read(row, column);
    lines.push([set.labels(row).toString(), ...samplesOf(column)].join(' '));
  }
  return lines;
}

function samplesOf(column: SampleColumn): string[] {
  const samples: string[] = [];
  for (let i = 0; i < column.length; i++) {
    const number = column.values[i]!;
    const bits =
      column.bits[2 * i + 1]!.toString(16).padStart(8, '0') + column.bits[2 * i]!.toString(16).padStart(8, '0');
    samples.push(`${column.times[i]}=${Number.isNaN(number) ? bits : Object.is(number, -0) ? '-0' : number}`);
  }
  return samples;
}

/** The state of a head that has taken nothing. */
export function emptyHeadState(): HeadState {
  return {
    minValidTime: Number.NEGATIVE_INFINITY,
    minTime: Number.POSITIVE_INFINITY,
    maxTime: Number.NEGATIVE_INFINITY,
    samplesAppended: 0,
    histogramsLogged: 0,
    exemplarsLogged: 0,
    activeAppenders: 0,
    appendersCreated: 0,
    lateFloats: 0,
    lateHistograms: 0,
    onLate: () => {},
    refused: noneRefused(),
    refusedHistograms: noneRefused(),
  };
}

/** What a head without turns gives: everything at once. */
export function atOnce<T>(given: T | Promise<T>): T {
  if (given instanceof Promise) throw new Error('The head did not answer at once');
  return given;
}
