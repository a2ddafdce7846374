import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { Pool } from 'undici';

/** Queries without a pause, from several connections that begin at different ones of them. */
export interface QueryLoad {
  readonly url: string;
  readonly paths: readonly string[];
  readonly connections: number;
  /** After so long what is under way is given up. */
  readonly durationMs: number;
}

export interface QueryLoadResult {
  /** How long each answered query took, ms. */
  readonly durations: readonly number[];
  readonly answerBytes: number;
}

/**
 * Puts the load on a server from a process of its own, which takes only what cores the server leaves: clients are mostly
 * elsewhere, and these must not take the server's time.
 */
export function runQueryLoad(load: QueryLoad): Promise<QueryLoadResult> {
  const child = spawn(process.execPath, [import.meta.filename], { stdio: ['pipe', 'pipe', 'inherit'] });
  setPriority(child.pid!, constants.priority.PRIORITY_LOW);
  child.stdin.end(JSON.stringify(load));
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as QueryLoadResult);
      else reject(new Error(`The query load ended with ${code}`));
    });
  });
}

async function putLoad({ url, paths, connections, durationMs }: QueryLoad): Promise<QueryLoadResult> {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const end = AbortSignal.timeout(durationMs);
  const durations: number[] = [];
  let answerBytes = 0;
  const connection = async (first: number) => {
    for (let turn = first; ; turn++) {
      const path = paths[turn % paths.length]!;
      const began = performance.now();
      const { statusCode, body } = await pool.request({ method: 'GET', path, signal: end });
      let text = '';
      for await (const chunk of body as AsyncIterable<Buffer>) {
        answerBytes += chunk.length;
        if (statusCode !== 200) text += chunk.toString();
      }
      if (statusCode !== 200) throw new Error(`Status ${statusCode} to ${path}: ${text.slice(0, 300)}`);
      durations.push(performance.now() - began);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, (_, first) => connection(first)));
  } catch (error) {
    if (!end.aborted) throw error;
  }
  await pool.destroy();
  return { durations, answerBytes };
}

if (process.argv[1] === import.meta.filename) {
  let input = '';
  for await (const text of process.stdin.setEncoding('utf8')) input += text;
  process.stdout.write(JSON.stringify(await putLoad(JSON.parse(input) as QueryLoad)));
}
