import { enableCompileCache } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { nodeFiles } from '../../../std/node-files.ts';
import { decodeLog, type LogDecodingOptions } from './decode-log.ts';
import { type RingBuffers, RingWriter } from './entry-ring.ts';

/** What the thread is to do; it ends when that is done. */
export interface LogWork extends LogDecodingOptions {
  readonly ring: RingBuffers;
}

enableCompileCache();
parentPort!.once('message', ({ ring, ...options }: LogWork) => decodeLog(nodeFiles, options, new RingWriter(ring)));
