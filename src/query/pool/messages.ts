import { Labels } from '../../model/labels.ts';
import type { FunctionFeatures } from '../../promql/functions/contracts.ts';
import type { StepColumn } from '../../promql/steps/step-column.ts';
import type { ParserOptions } from '../../promql/syntax/options.ts';
import type { HeadSnapshot } from '../../tsdb/head/head-snapshot.ts';
import type { ThreadAnswer, ThreadQuestion } from '../../tsdb/threads/thread-answer.ts';
import type { QueryCost } from '../execute-query.ts';
import type { ThreadList, ThreadSelector } from '../lists/list-request.ts';
import type { ParsedForm } from '../parsed-text.ts';
import type { ColumnSeries, QueryReply, QueryRequest } from '../runner.ts';
import type { ReadBatch, ReadWish, ReadWork } from './read-messages.ts';

// What the main thread and its query threads say to each other.

/** What queries of all threads run with. */
export interface QuerySettings {
  readonly samplesMax: number;
  /** What one query may allocate, as it is counted. */
  readonly bytesMax: number;
  readonly parser: ParserOptions;
  readonly features: FunctionFeatures;
  readonly perStepStats: boolean;
  /** What the queries of a thread may use together, in objects and buffers. */
  readonly memoryBytesMax: number;
  /** What a thread keeps of decoded samples for the next query. */
  readonly decodedBytesMax: number;
}

/** What a thread is started with. */
export interface QueryThreadSettings extends QuerySettings {
  /** The directory of the head's chunk files. */
  readonly chunksHead: string;
  /** The memory of a `ThreadControl`. */
  readonly control: SharedArrayBuffer;
}

/** What a thread is to do. */
export type ThreadTask =
  | {
      readonly kind: 'run';
      readonly request: QueryRequest;
      /** Seconds that the query has waited already. */
      readonly queueSeconds: number;
      /** Step (ms) of subqueries that name none. */
      readonly subqueryStepMs: number;
    }
  | { readonly kind: 'read'; readonly work: ReadWork }
  /** The answer's body is the whole response. */
  | { readonly kind: 'list'; readonly list: ThreadList }
  /** The answer's body is the text. */
  | { readonly kind: 'parse'; readonly text: string; readonly form: ParsedForm };

/** `slot` is the number of a task in its thread: also that of its cancel flag. */
export type MessageToThread =
  | (Exclude<ThreadTask, { readonly kind: 'list' }> & { readonly slot: number })
  /** With the first selectors; all of them where it `isWhole`. */
  | { readonly kind: 'list'; readonly slot: number; readonly list: ThreadList; readonly isWhole: boolean }
  /** The next ones of the list. */
  | {
      readonly kind: 'selectors';
      readonly slot: number;
      readonly selectors: readonly ThreadSelector[];
      readonly isWhole: boolean;
    }
  | { readonly kind: 'wish'; readonly slot: number; readonly wish: ReadWish }
  /** The part of a question, or of a reply, has come that is not the last one. */
  | { readonly kind: 'next'; readonly slot: number }
  /** With the first snapshots. */
  | { readonly kind: 'answer'; readonly slot: number; readonly answer: ThreadAnswer }
  /** The next ones of the answer. */
  | { readonly kind: 'snapshots'; readonly slot: number; readonly snapshots: readonly HeadSnapshot[] }
  /** `isLimit`: the query asks for more than it may; else something went wrong. */
  | { readonly kind: 'refusal'; readonly slot: number; readonly isLimit: boolean; readonly message: string };

export type MessageFromThread =
  /** With the requests that follow those of the parts before, which were not `isWhole`. */
  | { readonly kind: 'question'; readonly slot: number; readonly question: ThreadQuestion; readonly isWhole: boolean }
  /** The list has more selectors than have come. */
  | { readonly kind: 'next'; readonly slot: number }
  /** The answer has more snapshots than have come. */
  | { readonly kind: 'more'; readonly slot: number }
  | { readonly kind: 'batch'; readonly slot: number; readonly batch: ReadBatch }
  /** The first series of a reply; the others come with later ones of these, and the last with `done`. */
  | { readonly kind: 'series'; readonly slot: number; readonly series: readonly FlatSeries[] }
  | {
      readonly kind: 'done';
      readonly slot: number;
      readonly reply: FlatReply;
      /** null where the text was wrong or only explained: that counts as no query. */
      readonly cost: QueryCost | null;
    };

export interface FlatSeries {
  readonly pairs: readonly string[];
  readonly column: StepColumn;
}

/** A `QueryReply` as plain data: labels as names and values in turn. */
export type FlatReply =
  | Exclude<QueryReply, { readonly form: 'columns' }>
  | {
      readonly ok: true;
      readonly form: 'columns';
      readonly series: readonly FlatSeries[];
      readonly warnings: readonly string[];
      readonly infos: readonly string[];
    };

export function flatReply(reply: QueryReply): FlatReply {
  if (!reply.ok || reply.form === 'json') return reply;
  return { ...reply, series: reply.series.map(({ labels, column }) => ({ pairs: labels.pairs, column })) };
}

/** `before`: the series that came before the reply. */
export function replyFromFlat(reply: FlatReply, before: readonly ColumnSeries[]): QueryReply {
  if (!reply.ok || reply.form === 'json') return reply;
  const last = seriesFromFlat(reply.series);
  return { ...reply, series: before.length === 0 ? last : [...before, ...last] };
}

export function seriesFromFlat(series: readonly FlatSeries[]): ColumnSeries[] {
  return series.map(({ pairs, column }) => ({ labels: new Labels(pairs), column }));
}

/** The buffers of a reply that belong to it alone: they are moved to the other thread instead of copied. */
export function ownBuffersOf(reply: FlatReply): ArrayBuffer[] {
  if (!reply.ok || reply.form !== 'json') return [];
  const { buffer } = reply.body;
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}
