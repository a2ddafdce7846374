import { ExtentSlabs } from '../../memory/extents.ts';
import type { Slab } from '../../memory/kernel-memory.ts';
import { LargeExtentSlabs } from '../../memory/large-extents.ts';
import { RecordSlabs } from '../../memory/shared-records.ts';
import { WordSlabs } from '../../memory/shared-words.ts';
import { SymbolTexts } from '../../memory/symbol-texts.ts';
import { ResidentRecords } from '../chunk/resident-chunks.ts';
import { SealedRecords } from '../chunk/sealed-chunks.ts';
import { type HeadChunkDirectory, HeadChunkReader } from '../chunks-head/head-chunk-reader.ts';
import { HeadChunkSlots } from '../chunks-head/head-chunk-slots.ts';
import { SeriesRecords } from './series-table.ts';

/** The part of the head's memory that reading needs; nothing of it lives on the main thread alone. */
export interface ReadableHead {
  readonly symbols: SymbolTexts;
  readonly labelLog: WordSlabs;
  readonly series: SeriesRecords;
  readonly extents: ExtentSlabs;
  readonly large: LargeExtentSlabs;
  readonly sealed: SealedRecords;
  readonly headChunkSlots: HeadChunkSlots;
  /** Chunks in files that are in memory, too. */
  readonly resident: ResidentRecords;
  /** This thread's reader of sealed chunks that are in files; null where all are in memory. */
  readonly files: HeadChunkReader | null;
}

/** Slabs of a head's memory for another thread, one list for each part in a fixed order. Can be sent as a message. */
export type HeadSlabs = readonly (readonly (SharedArrayBuffer | Slab)[])[];

/** How many slabs of each part a thread was sent; that thread's alone, and empty at its start. */
export type HeadSlabsSeen = number[];

/**
 * The slabs that a thread was not sent yet, and notes that it was: to be sent in the same turn, before or with the
 * snapshot that leads to them, since every slab must reach the thread once and in order.
 */
export function newHeadSlabs(head: ReadableHead, seen: HeadSlabsSeen): HeadSlabs {
  return parts(head).map(({ buffers }, part) => {
    const fresh = buffers.slice(seen[part] ?? 0);
    seen[part] = buffers.length;
    return fresh;
  });
}

/**
 * The head's memory as another thread sees it: `HeadReader`, sorting and sealed chunks work on it as on `HeadMemory`,
 * nothing can be changed. What a snapshot leads to is there once the slabs sent with it are attached, and stays while the
 * main thread keeps the pin that it took before the snapshot.
 */
export class HeadView implements ReadableHead {
  readonly symbols = new SymbolTexts(new RecordSlabs());
  readonly labelLog = new WordSlabs();
  readonly series = new SeriesRecords(new RecordSlabs());
  readonly extents = new ExtentSlabs();
  readonly large = LargeExtentSlabs.empty();
  readonly sealed = new SealedRecords(new RecordSlabs(), this.extents, this.large);
  readonly headChunkSlots = HeadChunkSlots.empty();
  readonly resident = new ResidentRecords();
  readonly files: HeadChunkReader | null;

  /**
   * `chunksHead`: where sealed chunks may be besides memory; `close` then closes what was opened there. `pages` as
   * `HeadChunkReader` has them.
   */
  constructor(chunksHead: HeadChunkDirectory | null, pages?: number) {
    this.files = chunksHead === null ? null : new HeadChunkReader(chunksHead, this.headChunkSlots, pages);
  }

  /** Takes the slabs that `newHeadSlabs` gave for this thread. */
  attach(slabs: HeadSlabs): void {
    for (const [part, list] of parts(this).entries()) for (const slab of slabs[part]!) list.attach(slab);
  }

  close(): void {
    this.files?.closeSync();
  }
}

/** A list is attached only what came out of the same list in another thread. */
interface SlabList {
  readonly buffers: readonly (SharedArrayBuffer | Slab)[];
  attach(slab: SharedArrayBuffer | Slab): void;
}

function parts(head: ReadableHead): readonly SlabList[] {
  const { symbols, labelLog, series, extents, large, sealed, headChunkSlots, resident } = head;
  const { levels } = large;
  const chunks = [extents, ...levels, sealed.records, headChunkSlots, resident];
  return [symbols, symbols.records, symbols.reuses, labelLog, series.records, ...chunks];
}
