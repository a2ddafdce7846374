import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endWaitingThread } from '../tsdb/wal/ahead/waiting-thread.ts';
import { startLogThread } from './start-log-thread.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'narthex-start-'));
  mkdirSync(join(root, 'wal'));
  writeFileSync(join(root, 'wal', '00000000'), new Uint8Array(5 * 2 ** 20));
});

afterEach(() => {
  endWaitingThread();
  rmSync(root, { recursive: true });
});

test('the thread is started where the arguments name a directory with much of a log', () => {
  expect(startLogThread(['--web.listen-address=:1', `--storage.tsdb.path=${root}`])).toBe(true);
  endWaitingThread();
  expect(startLogThread(['--storage.tsdb.path', `${root}/`, '--log.level=warn'])).toBe(true);
});

test('no thread is started for another command, a directory that is not there, an image, or a short log', () => {
  const flag = `--storage.tsdb.path=${root}`;
  expect(startLogThread(['tsdb', flag])).toBe(false);
  expect(startLogThread([`${flag}/none`])).toBe(false);
  writeFileSync(join(root, 'head_image'), '');
  expect(startLogThread([flag])).toBe(false);
  rmSync(join(root, 'head_image'));
  writeFileSync(join(root, 'wal', '00000000'), new Uint8Array(2 ** 20));
  expect(startLogThread([flag])).toBe(false);
});
