import { SymbolTable } from '../../memory/symbol-table.ts';
import { tooManyBytesError } from '../../promql/exec/query-error.ts';
import type { JsonBlocks } from '../../promql/json-blocks.ts';
import { JsonBytes } from '../../promql/json-bytes.ts';
import { runInTurns, type Turns } from '../../std/turns.ts';
import { SortedUnion } from '../../storage/union-texts.ts';
import { type SymbolRow, SymbolRows, type SymbolSet } from '../../tsdb/threads/symbol-rows.ts';
import type { ThreadDatabase } from '../../tsdb/threads/thread-database.ts';
import type { QueryReply } from '../runner.ts';
import { FoundSeries } from './found-series.ts';
import { BEFORE_ITEMS, storageLimit, type ThreadList, TRUNCATED } from './list-request.ts';
import { SymbolJson, writeText } from './symbol-json.ts';

/** How a list is written in its thread. */
export interface ListWriting {
  readonly blocks: JsonBlocks;
  /** Bytes of the answer, and of the texts that it is made of. */
  readonly bytesMax: number;
  readonly turns: Turns;
  /** Throws where the list is not wanted any more. */
  check(): void;
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
    const symbols = new SymbolTable();
    const numbers = await foundTexts(list, database, ask, symbols, writing);
    const write = (out: JsonBytes, number: number) => writeText(out, symbols, number);
    return written(numbers, write, list.limit, writing, () => symbols.bytesInUse);
  }
  const { limit, matcherSets, range, sorted } = list;
  const querier = database.queryable(ask).querier(range);
  try {
    const found = new FoundSeries();
    const sets: SymbolSet[] = [];
    for (const matchers of matcherSets) {
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
    const json = new SymbolJson(rows.symbols);
    const write = (out: JsonBytes, row: SymbolRow) => json.write(out, row);
    return await written(each(rows), write, limit, writing, () => rows.symbols.bytesInUse + json.bytesInUse);
  } finally {
    querier.close();
  }
}

function* each(rows: SymbolRows): Generator<SymbolRow> {
  for (let row = rows.next(); row !== null; row = rows.next()) yield row;
}

async function foundTexts(
  { headSymbols, limit, matcherSets, range, what }: ThreadList,
  database: ThreadDatabase,
  ask: Parameters<ThreadDatabase['queryable']>[0],
  into: SymbolTable,
  { check, turns }: ListWriting,
): Promise<readonly number[]> {
  const run = <T>(steps: Generator<undefined, T>) => inTurns(steps, turns, check);
  const name = what === 'series' || what === 'names' ? null : what.valuesOf;
  const union = new SortedUnion<number>((a, b) => into.compare(a, b));
  for (const [i, symbols] of headSymbols.entries()) {
    const wanted = { name, matchers: matcherSets[i] ?? [], range, limit: storageLimit(limit), symbols };
    await run(union.add(await database.enterTexts(wanted, into, ask, { check, run })));
  }
  return run(union.all());
}

async function inTurns<T>(steps: Generator<undefined, T>, turns: Turns, check: () => void): Promise<T> {
  const pause = async () => {
    await turns.pause();
    check();
  };
  return runInTurns(steps, { ...turns, now: () => turns.now(), pause });
}

/** The whole answer with as many items as `limit` lets, 0 = all, and a warning where there are more. `heldBytes`: what was kept to write it. */
async function written<Item>(
  items: Iterable<Item>,
  write: (out: JsonBytes, item: Item) => void,
  limit: number,
  { blocks, bytesMax, check, turns }: ListWriting,
  heldBytes: () => number,
): Promise<QueryReply> {
  const out = new JsonBytes(blocks);
  try {
    out.ascii(BEFORE_ITEMS);
    let count = 0;
    let isCut = false;
    let end = turns.now() + turns.pieceMs;
    for (const item of items) {
      if (limit > 0 && count === limit) {
        isCut = true;
        break;
      }
      if (count > 0) out.ascii(',');
      write(out, item);
      if (++count % ITEMS_PER_LOOK !== 0) continue;
      const used = out.position + heldBytes();
      if (used > bytesMax) throw tooManyBytesError(used, 0, bytesMax);
      check();
      if (turns.now() < end) continue;
      await turns.pause();
      end = turns.now() + turns.pieceMs;
    }
    out.ascii(isCut ? `],"warnings":["${TRUNCATED}"]}` : ']}');
    return { ok: true, form: 'json', body: out.take(check) };
  } catch (error) {
    out.drop();
    throw error;
  }
}
