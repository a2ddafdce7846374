import { BLOCK, BLOCK_NEXT, HEAP, PIECE_SLOTS } from './layout';

/** More than the samples that wait in one slot can fill. */
const BLOCKS_RESERVED: i32 = 4;

let heap: usize = HEAP;
let freeBlock: u32 = 0;
/** No block could be had since this was false last. */
export let isShort: bool = false;

/** Memory of so many bytes, a multiple of 64, zeros; 0 where there is none left. */
export function allocate(bytes: usize): usize {
  const start = heap;
  if (start + bytes > PIECE_SLOTS) return 0;
  heap = start + bytes;
  return start;
}

/** 0 where there is none left. */
export function takeBlock(): usize {
  if (freeBlock != 0) {
    const block = <usize>freeBlock;
    freeBlock = load<u32>(block, BLOCK_NEXT);
    return block;
  }
  const block = allocate(BLOCK);
  if (block == 0) isShort = true;
  return block;
}

/** Gives linked blocks back. */
export function freeBlocks(first: u32, last: usize): void {
  store<u32>(last, freeBlock, BLOCK_NEXT);
  freeBlock = first;
}

export function forgetShort(): void {
  isShort = false;
}

/** So that the samples that wait in a slot have room where no chunk is open and all other memory is taken. */
export function reserveBlocks(): void {
  for (let i = 0; i < BLOCKS_RESERVED; i++) {
    const block = allocate(BLOCK);
    freeBlocks(<u32>block, block);
  }
}
