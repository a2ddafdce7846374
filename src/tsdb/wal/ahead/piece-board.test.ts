import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createBoard, HELP_SLOTS, PIECE_BYTES, PieceBoard } from './piece-board.ts';

const FILES = [
  { path: 'a', from: 0, size: 2.5 * PIECE_BYTES },
  { path: 'b', from: 0, size: 0 },
  { path: 'c', from: 0, size: 20 * PIECE_BYTES },
];

function boardOf(): PieceBoard {
  return new PieceBoard(createBoard(FILES), FILES);
}

describe('PieceBoard', () => {
  it('offers pieces behind the one that the log is at, over all files, as long as a slot is free', () => {
    const board = boardOf();
    expect(board.help(0)).toBe(null);
    expect(board.take(0, 0)).toBe(null);
    const places = [];
    for (let wanted = board.help(0); wanted !== null; wanted = board.help(0)) {
      places.push([wanted.path, wanted.start / PIECE_BYTES]);
      board.helped(wanted, 7, 100 + wanted.number);
    }
    expect(places).toEqual([['a', 1], ['a', 2], ...Array.from({ length: HELP_SLOTS - 2 }, (_, i) => ['c', i])]);
    expect(board.take(0, 1)).toEqual({ slot: 0, records: 7, end: 101 });
    expect(board.help(0)).toBe(null);
    board.free(0);
    expect(board.help(0)).toMatchObject({ slot: 0, path: 'c', start: 6 * PIECE_BYTES });
    // Asked for again, it is the log's own.
    expect(board.take(0, 1)).toBe(null);
  });

  it('leaves a piece without records to the log, and one that the log has come to', () => {
    const board = boardOf();
    board.take(0, 0);
    const first = board.help(0)!;
    board.helped(first, 0, 0);
    expect(board.take(0, first.number)).toBe(null);
    expect(board.take(2, 4)).toBe(null);
    expect(board.help(0)).toMatchObject({ slot: 0, path: 'c', start: 5 * PIECE_BYTES });
    expect(board.take(2, 99)).toBe(null);
  });

  it('lets the log wait for a piece that is being made ready', async () => {
    const words = createBoard(FILES);
    const board = new PieceBoard(words, FILES);
    board.take(0, 0);
    const wanted = board.help(1)!;
    // The place of the piece, of which the state changes.
    const index = new Int32Array(words).indexOf(2, 2 + 3 * HELP_SLOTS);
    const worker = new Worker(
      `const { workerData: { words, index }, parentPort } = require('node:worker_threads');
       parentPort.postMessage(0);
       setTimeout(() => { const view = new Int32Array(words); Atomics.store(view, index, 16); Atomics.notify(view, index); }, 50);`,
      { eval: true, workerData: { words, index } },
    );
    await new Promise((resolve) => worker.once('message', resolve));
    expect(board.take(0, wanted.number)).toMatchObject({ slot: 0 });
    await worker.terminate();
  });
});
