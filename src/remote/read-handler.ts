import { snappyDecodedSize } from '../kernels/snappy-decode.ts';
import type { Labels } from '../model/labels.ts';
import { compareUtf8 } from '../model/utf8.ts';
import type { Clock } from '../std/clock.ts';
import { Slices } from '../std/slices.ts';
import { clearColumn } from '../storage/merge-columns.ts';
import {
  createSampleColumn,
  type EncodedChunk,
  type Queryable,
  type SampleColumn,
  type SeriesSet,
} from '../storage/query.ts';
import { chunksOfColumn } from '../tsdb/chunk/chunks-of-column.ts';
import { FrameWriter } from './read-frames.ts';
import { checkedMatchers, type LocalQuery } from './read-matchers.ts';
import { MessageTooLarge } from './read-message-writer.ts';
import { ReadRefusal } from './read-refusal.ts';
import { type ReadRequest, ReadRequestError, readRequestSteps } from './read-request.ts';
import { ReadResponse } from './read-response.ts';
import { claimedSize, unpackSteps } from './unpack-steps.ts';

/** How a request wants to be answered. */
export type ReadForm = 'samples' | 'chunks';

/** A request that was understood. */
export interface PreparedRead {
  readonly form: ReadForm;
  readonly request: ReadRequest;
}

export interface ReadContext {
  readonly queryable: Queryable;
  readonly clock: Clock;
  readonly externalLabels: Labels;
  /** Samples of one query's unstreamed answer; 0 = no limit. */
  readonly samplesMax: number;
  /** Bytes at which a frame of a streamed answer ends. */
  readonly frameBytes: number;
  readonly signal: AbortSignal;
}

/** Bytes of a request, compressed and decompressed alike. */
export const READ_REQUEST_BYTES_MAX = 32 * 1024 * 1024;
/**
 * Bytes of an unstreamed answer before compression, about 14 million samples. It lies in memory whole, compressed; who wants more
 * is served by the streamed form.
 */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/** Numbers of the `ResponseType` enum. */
const SAMPLES = 0;
const STREAMED_XOR_CHUNKS = 1;

const CORRUPT = 'snappy: corrupt input';

/** Decompresses and decodes a request, in turns of the event loop, and chooses the form of the answer. Throws `ReadRefusal`. */
export async function prepareRead(
  compressed: Uint8Array,
  context: Pick<ReadContext, 'clock' | 'signal'>,
): Promise<PreparedRead> {
  const turns = slicesOf(context);
  try {
    const bytes = await turns.run(decompressedSteps(compressed));
    const request = await turns.run(readRequestSteps(bytes));
    return { request, form: acceptedForm(request.acceptedTypes) };
  } catch (error) {
    if (error instanceof ReadRequestError) throw new ReadRefusal(400, error.message);
    throw error;
  }
}

function slicesOf(context: Pick<ReadContext, 'clock' | 'signal'>): Slices {
  return new Slices(context, () => new ReadRefusal(499, 'context canceled'));
}

/** A whole `ReadResponse`, compressed, in pieces. Throws `ReadRefusal`. */
export async function readSamples(request: ReadRequest, context: ReadContext): Promise<readonly Uint8Array[]> {
  const response = new ReadResponse(ANSWER_BYTES_MAX);
  const turns = slicesOf(context);
  const column = createSampleColumn(256);
  try {
    for (const query of await checkedMatchers(request.queries, context.externalLabels, turns)) {
      response.beginResult();
      let samples = 0;
      await withSeries(query, context, async (set) => {
        for (let row = 0; row < set.length; row++) {
          if (query.wantsSamples) await readRow(set, row, column);
          else clearColumn(column);
          samples += column.length;
          if (context.samplesMax > 0 && samples > context.samplesMax) {
            throw new ReadRefusal(400, `exceeded sample limit (${context.samplesMax})`);
          }
          const pairs = mergedPairs(set.labels(row), context.externalLabels);
          for (const _ of response.series(pairs, column)) if (turns.isOver()) await turns.next();
          if (turns.isOver()) await turns.next();
        }
      });
      response.endResult();
      if (turns.isOver()) await turns.next();
    }
    return response.finish();
  } catch (error) {
    if (!(error instanceof MessageTooLarge)) throw error;
    throw new ReadRefusal(400, `the answer exceeds ${ANSWER_BYTES_MAX} bytes: ask for STREAMED_XOR_CHUNKS`);
  }
}

/**
 * The frames of a streamed answer, some of them at a time; a series may be cut over several, and no frame holds two. Chunks are
 * handed on as they are stored where the storage has them. Throws `ReadRefusal`.
 */
export async function* readFrames(request: ReadRequest, context: ReadContext): AsyncGenerator<Uint8Array> {
  const writer = new FrameWriter(context.frameBytes);
  const turns = slicesOf(context);
  const chunks: EncodedChunk[] = [];
  const queries = await checkedMatchers(request.queries, context.externalLabels, turns);
  for (const [index, { isInverted, matchers, range }] of queries.entries()) {
    if (isInverted) continue;
    const querier = context.queryable.querier(range);
    try {
      const set = await querier.select({ matchers, range, sorted: true, limit: 0, asChunks: true });
      for (let row = 0; row < set.length; row++) {
        chunks.length = 0;
        await readRowChunks(set, row, chunks);
        const pairs = mergedPairs(set.labels(row), context.externalLabels);
        for (const _ of writer.series(pairs, chunks, index)) {
          if (writer.isFull) yield writer.take();
          if (turns.isOver()) await turns.next();
        }
        if (writer.isFull) yield writer.take();
        if (turns.isOver()) await turns.next();
      }
    } finally {
      querier.close();
    }
    if (turns.isOver()) await turns.next();
  }
  const rest = writer.take();
  if (rest.length > 0) yield rest;
}

async function withSeries(
  query: LocalQuery,
  { queryable }: ReadContext,
  use: (set: SeriesSet) => Promise<void>,
): Promise<void> {
  const { range, matchers } = query;
  const querier = queryable.querier(range);
  try {
    await use(await querier.select({ matchers, range, sorted: false, limit: 0 }));
  } finally {
    querier.close();
  }
}

async function readRow(set: SeriesSet, row: number, into: SampleColumn): Promise<void> {
  const wait = set.ahead?.(row) ?? null;
  if (wait !== null) await wait;
  set.read(row, into);
}

async function readRowChunks(set: SeriesSet, row: number, into: EncodedChunk[]): Promise<void> {
  if (set.readChunks === undefined) {
    const column = createSampleColumn(256);
    await readRow(set, row, column);
    for (const chunk of chunksOfColumn(column)) into.push(chunk);
    return;
  }
  const wait = set.ahead?.(row) ?? null;
  if (wait !== null) await wait;
  set.readChunks(row, into);
}

/** The series' labels, and the external ones that it does not have itself, in order. */
function mergedPairs(labels: Labels, external: Labels): readonly string[] {
  if (external.size === 0) return labels.pairs;
  const own = labels.pairs;
  const added = external.pairs;
  const pairs: string[] = [];
  let i = 0;
  let j = 0;
  while (i < own.length || j < added.length) {
    const order = i === own.length ? 1 : j === added.length ? -1 : compareUtf8(own[i]!, added[j]!);
    if (order <= 0) {
      pairs.push(own[i]!, own[i + 1]!);
      i += 2;
      if (order === 0) j += 2;
    } else {
      pairs.push(added[j]!, added[j + 1]!);
      j += 2;
    }
  }
  return pairs;
}

function* decompressedSteps(compressed: Uint8Array): Generator<undefined, Uint8Array> {
  const size = snappyDecodedSize(compressed, 0, compressed.length);
  if (size > READ_REQUEST_BYTES_MAX) {
    throw new ReadRefusal(400, `snappy: decoded length ${size} exceeds limit ${READ_REQUEST_BYTES_MAX}`);
  }
  if (claimedSize(compressed) < 0) throw new ReadRefusal(400, CORRUPT);
  const target = new Uint8Array(size);
  if (!(yield* unpackSteps(compressed, target))) throw new ReadRefusal(400, CORRUPT);
  return target;
}

/** The first accepted form that is known; a client that names none is an old one and gets samples. */
function acceptedForm(accepted: readonly number[]): ReadForm {
  if (accepted.length === 0) return 'samples';
  for (const type of accepted) {
    if (type === SAMPLES) return 'samples';
    if (type === STREAMED_XOR_CHUNKS) return 'chunks';
  }
  throw new ReadRefusal(
    400,
    `server does not support any of the requested response types: [${accepted.join(' ')}]; ` +
      'supported: map[SAMPLES:{} STREAMED_XOR_CHUNKS:{}]',
  );
}
