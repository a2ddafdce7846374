import { setEnvironmentData } from 'node:worker_threads';
import { giveBackAnswer } from '../../src/query/answer-buffers.ts';
import type { PoolRunner } from '../../src/query/pool/pool-runner.ts';
import type { QueryReply } from '../../src/query/runner.ts';
import { queryMemory } from '../../src/server/query-memory.ts';
import { memoryBytes } from '../../src/std/memory-bytes.ts';
import type { Database } from '../../src/tsdb/tsdb.ts';
import { createPoolRunner, SETTINGS } from '../query/query-support.ts';
import type { HostileLimits, HostileOutcome, HostileQuery } from './hostile-queries.ts';
import { PROBE, PROBE_WORDS, type SharedProbe } from './shared-probe.ts';

/** UTF-8 bytes of a call stack, what is longer is cut. */
const STACK_BYTES = 4096;

/** Runs hostile queries, one after the other, in a query thread as a server has it, and tells what its longest pieces were. */
export class ProbedPool {
  readonly #pool: PoolRunner;
  readonly #limits: HostileLimits;
  readonly #words = new Float64Array(new SharedArrayBuffer(8 * PROBE_WORDS));
  readonly #stack = new Uint8Array(new SharedArrayBuffer(STACK_BYTES));

  constructor(database: Database, limits: HostileLimits, withStacks: boolean) {
    this.#limits = limits;
    const probe: SharedProbe = { words: this.#words, stack: this.#stack, withStacks };
    // Threads take a copy of it when they start.
    setEnvironmentData('probe', probe);
    const { bytesMax, samplesMax } = limits;
    const { heapMegabytesMax, memoryBytesMax } = queryMemory(bytesMax, 1, memoryBytes());
    this.#pool = createPoolRunner(database, {
      settings: {
        ...SETTINGS,
        samplesMax,
        bytesMax,
        perStepStats: false,
        memoryBytesMax,
        decodedBytesMax: 40 * 2 ** 20,
      },
      concurrencyMax: 1,
      threadsMax: 1,
      heapMegabytesMax,
      graceMs: 60_000,
      entry: new URL('./probed-thread.ts', import.meta.url),
    });
  }

  async run({ steps, stepMs, text }: HostileQuery): Promise<HostileOutcome> {
    const { end, timeoutMs } = this.#limits;
    const words = this.#words;
    words.fill(0, PROBE.cpuMs);
    words[PROBE.query]! += 1;
    const began = performance.now();
    const reply = await this.#pool.run(
      {
        text,
        kind: steps === 1 ? 'instant' : 'range',
        start: end - (steps - 1) * stepMs,
        end,
        step: steps === 1 ? 0 : stepMs,
        lookbackMs: 300_000,
        timeoutMs,
        limit: 0,
        stats: null,
        priority: 'interactive',
        form: 'json',
      },
      new AbortController().signal,
    );
    const ms = performance.now() - began;
    const piece = { cpuMs: words[PROBE.cpuMs]!, wallMs: words[PROBE.wallMs]!, where: this.#where() };
    return { answer: answerOf(reply), ms, piece, looks: words[PROBE.looks]! };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #where(): string | null {
    const text = Buffer.from(this.#stack).toString().replace(/\0.*/s, '');
    this.#stack.fill(0);
    return text === '' ? null : text;
  }
}

function answerOf(reply: QueryReply): string {
  if (!reply.ok) {
    if (reply.errorType === 'internal') throw new Error(reply.message);
    return reply.message;
  }
  if (reply.form !== 'json') throw new Error(`a query was answered in the form "${reply.form}"`);
  const { length } = reply.body;
  giveBackAnswer(reply.body);
  return `${length} bytes`;
}
