import { TextColumn } from '../../memory/text-column.ts';
import { tooManyBytesError } from '../../promql/exec/query-error.ts';
import type { JsonBlocks } from '../../promql/json-blocks.ts';
import { JsonBytes } from '../../promql/json-bytes.ts';
import { runInTurns, type Turns } from '../../std/turns.ts';
import { SortedUnion } from '../../storage/union-texts.ts';
import { type SymbolRow, SymbolRows, type SymbolSet } from '../../tsdb/threads/symbol-rows.ts';
import type { ThreadDatabase } from '../../tsdb/threads/thread-database.ts';
import { unionColumns } from '../../tsdb/threads/union-columns.ts';
import type { QueryReply } from '../runner.ts';
import { ColumnJson } from './column-json.ts';
import { FoundSeries } from './found-series.ts';
import { BEFORE_ITEMS, storageLimit, type ThreadList, TRUNCATED } from './list-request.ts';
import { SymbolJson } from './symbol-json.ts';

/** How a list is written in its thread. */
export interface ListWriting {
  readonly blocks: JsonBlocks;
  /** Bytes of the answer, and of the texts that it is made of. */
  readonly bytesMax: number;
  readonly turns: Turns;
  /** Throws where the list is not wanted any more. */
  check(): void;
}

/** Writes what a list is made of. */
interface ItemsJson {
  /** Bytes kept to write it. */
  readonly heldBytes: number;
  readonly isOver: boolean;
  /** Writes so many of what is left, with a comma before each but the first of all; returns how many there were. */
  write(out: JsonBytes, count: number): number;
}

class RowsJson implements ItemsJson {
  readonly #rows: SymbolRows;
  readonly #json: SymbolJson;
  #isFirst = true;
  #row: SymbolRow | null;

  constructor(rows: SymbolRows) {
    this.#rows = rows;
    this.#json = new SymbolJson(rows.symbols);
    this.#row = rows.next();
  }

  get heldBytes(): number {
    return this.#rows.symbols.bytesInUse + this.#json.bytesInUse;
  }

  get isOver(): boolean {
    return this.#row === null;
  }

  write(out: JsonBytes, count: number): number {
    let written = 0;
    for (; written < count && this.#row !== null; this.#row = this.#rows.next()) {
      if (!this.#isFirst) out.ascii(',');
      this.#isFirst = false;
      this.#json.write(out, this.#row);
      written++;
    }
    return written;
  }
}

/** Items between two looks at the clock: some 100 µs. */
const ITEMS_PER_LOOK = 256;

/** Finds what a list has and writes it. Rejects with what the reading, or `check`, throws. */
export async function writeList(
  list: ThreadList,
  database: ThreadDatabase,
  ask: Parameters<ThreadDatabase['queryable']>[0],
  writing: ListWriting,
): Promise<QueryReply> {
  if (list.what !== 'series') {
    const texts = await foundTexts(list, database, ask, writing);
    return written(new ColumnJson(texts), list.limit, writing);
  }
  const { limit, range, selectors, sorted } = list;
  const querier = database.queryable(ask).querier(range);
  try {
    const found = new FoundSeries();
    const sets: SymbolSet[] = [];
    for (const { matchers } of selectors) {
      const { check } = writing;
      const request = { matchers, range, sorted, limit: storageLimit(limit), labelsOnly: true, check };
      const parts = await querier.selectParts(request);
      // How many there are in all is not known before they are merged.
      found.add(parts.reduce((longest, { length }) => Math.max(longest, length), 0));
      for (const part of parts) if (part.length > 0) sets.push(part);
    }
    // A block has come since the order was chosen.
    if (!sorted && sets.length > 1) return await writeList({ ...list, sorted: true }, database, ask, writing);
    const rows = new SymbolRows(sets);
    await inTurns(rows.start(), writing.turns, writing.check);
    return await written(new RowsJson(rows), limit, writing);
  } finally {
    querier.close();
  }
}

async function foundTexts(
  { limit, range, selectors, what }: ThreadList,
  database: ThreadDatabase,
  ask: Parameters<ThreadDatabase['queryable']>[0],
  { check, turns }: ListWriting,
): Promise<TextColumn> {
  const run = <T>(steps: Generator<undefined, T>) => inTurns(steps, turns, check);
  const name = what === 'series' || what === 'names' ? null : what.valuesOf;
  const union = new SortedUnion(unionColumns);
  for (const { headSymbols, matchers } of selectors) {
    const wanted = { name, matchers, range, limit: storageLimit(limit), symbols: headSymbols! };
    await run(union.add(await database.texts(wanted, ask, { check, run })));
  }
  return (await run(union.all())) ?? new TextColumn();
}

async function inTurns<T>(steps: Generator<undefined, T>, turns: Turns, check: () => void): Promise<T> {
  const pause = async () => {
    await turns.pause();
    check();
  };
  return runInTurns(steps, { ...turns, now: () => turns.now(), pause });
}

/** The whole answer with as many items as `limit` lets, 0 = all, and a warning where there are more. */
async function written(
  items: ItemsJson,
  limit: number,
  { blocks, bytesMax, check, turns }: ListWriting,
): Promise<QueryReply> {
  const out = new JsonBytes(blocks);
  try {
    out.ascii(BEFORE_ITEMS);
    let left = limit > 0 ? limit : Number.POSITIVE_INFINITY;
    let end = turns.now() + turns.pieceMs;
    while (left > 0 && !items.isOver) {
      left -= items.write(out, Math.min(left, ITEMS_PER_LOOK));
      const used = out.position + items.heldBytes;
      if (used > bytesMax) throw tooManyBytesError(used, 0, bytesMax);
      check();
      if (turns.now() < end) continue;
      await turns.pause();
      end = turns.now() + turns.pieceMs;
    }
    out.ascii(items.isOver ? ']}' : `],"warnings":["${TRUNCATED}"]}`);
    return { ok: true, form: 'json', body: out.take(check) };
  } catch (error) {
    out.drop();
    throw error;
  }
}
