/**
 * Where things lie in the memory of the log kernel, and the form of what it hands out.
 *
 * A slot for each ref: what waits to be encoded, and the state of its open chunk behind that.
 *
 *     slot    0 ref i64 | 8 following slot u32 | 12 samples that wait u32, `LOOSE_REF` where none may
 *             16 samples that wait: time i64 | value u64, as the log has it
 *     state   0 last time i64 | 8 last delta i64 | 16 last value u64 | 24 bit in the block u16, leading u8, trailing u8
 *             28 samples u32 | 32 next cut i64 | 40 block u32 | 44 first block u32 | 48 bytes in the blocks before u16
 *             50 1 = a record of series has named the ref u8
 *
 * The blocks (128 bytes, linked) that its open chunk lies in:
 *
 *     block   123 bytes of the chunk | used u8 | next u32
 *
 * A chunk that is full, or asked for, goes to the outbox, from where the host takes it:
 *
 *     chunk   0 ref f64 | 8 first time f64 | 16 last time f64 | 24 time before f64 | 32 last value u64
 *             40 cursor u32 | 44 samples u32 | 48 next cut f64 | 56 bytes u32 | 60 1 = full u32 | bytes, to a multiple of 8
 *
 * Samples of refs that share labels with another ref go to the loose box one by one: ref f64 | time f64 | value u64.
 *
 * At address 0 there are zeros: a slot that no ref has. The tables of `checksum.as` lie between that and the outbox.
 */

import { LABEL_MEMORY_END } from './read-labels';

export const OUTBOX: usize = 32 * 1024;
export const OUTBOX_END: usize = OUTBOX + 256 * 1024;
export const LOOSE: usize = OUTBOX_END;
export const LOOSE_END: usize = LOOSE + 24 * 4096;
export const SLOT_PAGES: usize = LOOSE_END;
/** As many as there is room for below the memory of labels. */
export const SLOT_PAGES_MAX: u32 = 16 * 1024;
export const HEAP: usize = LABEL_MEMORY_END;
/** Behind all that is allocated: pieces of the log (`pieces.as`). */
export const PIECE_SLOTS: usize = 256 * 1024 * 1024;

/** One line of the processor's cache holds the slot's head and the samples that wait. */
export const SAMPLES_WAITING: u32 = 3;
export const ENTRY: usize = 16;
export const ENTRIES: usize = 16;
export const STATE: usize = ENTRIES + ENTRY * <usize>SAMPLES_WAITING;
export const SLOT: usize = STATE + 64;
export const PAGE_SLOTS: u32 = 1024;
export const LOOSE_REF: u32 = 0xffffffff;

export const BLOCK: u32 = 128;
export const BLOCK_USED: usize = 123;
export const BLOCK_NEXT: usize = 124;
/** A sample takes at most 20 bytes, of which some are begun, and is stored eight bytes at once. */
export const BLOCK_BEGUN_MAX: usize = 123 - 29;
/** A chunk in the outbox at most. */
export const CHUNK_ROOM: usize = 64 + 1040;

/** What a call has done. */
export const DONE: i32 = 0;
export const FULL: i32 = 1;
export const MALFORMED: i32 = -1;
export const UNUSUAL: i32 = -2;
export const NO_MEMORY: i32 = -3;

export const SAFE: i64 = 9007199254740991;
