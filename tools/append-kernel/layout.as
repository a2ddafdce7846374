/**
 * The head's memory, as the append kernel knows it:
 *
 *     0        nothing
 *     1 KiB    addresses of the slabs of series records, u32, 0 = not in this memory
 *     17 KiB   the same of the slabs of marks: transaction u32 | accepted sample u32, for each row
 *     33 KiB   the same of the slabs of extents
 *     49 KiB   lines of memory that are asked for together, u32
 *     64 KiB   slabs
 *
 *     series record   0 last time f64 | 8 time before f64 | 16 last value u64 | 24 bit u16, leading u8, trailing u8
 *                     28 samples u32 | 40 next cut f64 | 48 extent u32 | 52 its size in units u32
 */

export const SERIES_SLABS: usize = 1024;
export const MARK_SLABS: usize = SERIES_SLABS + 16 * 1024;
export const EXTENT_SLABS: usize = MARK_SLABS + 16 * 1024;
export const LINES: usize = EXTENT_SLABS + 16 * 1024;

export const ROWS_LOG2: u32 = 18;
export const ROW_MASK: u32 = (1 << ROWS_LOG2) - 1;
export const ROWS_MAX: u32 = 4096 << ROWS_LOG2;
export const RECORD_LOG2: u32 = 6;
export const UNIT_LOG2: u32 = 4;
export const SLAB_UNITS_LOG2: u32 = 20;
export const UNIT_MASK: u32 = (1 << SLAB_UNITS_LOG2) - 1;

/** What a sample may take of a chunk at most. */
export const APPEND_BYTES_MAX: i32 = 19;
