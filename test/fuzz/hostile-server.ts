/**
 * Sends hostile requests to a server of its own, one after the other, and fails where one holds the main thread for too long:
 * `node test/fuzz/hostile-server.ts [--only TEXT] [--series N] [--samples N] [--timeout MS] [--port N]
 * [--load SECONDS] [--built]`.
 *
 * The server runs from sources, with `--built` from `dist/`, as it does where it is installed.
 *
 * With `--load` twenty clients ask at once instead, some of which read slowly, leave, or never read, and it fails where the server does
 * not live through that, is late, or keeps the memory.
 *
 * Measured is the CPU time of the server's main thread in one turn of its event loop.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { SERVER_ENVIRONMENT, SERVER_FLAGS } from '../../bench/server-flags.ts';
import { labelsOf, type SeriesMessage, writeBody } from '../remote/write-message.ts';
import { eventually } from '../support/ask.ts';
import { pieces, underLoad } from './hostile-load.ts';
import { HOSTILE_REQUESTS, type HostileRequest } from './hostile-requests.ts';

const PIECE_MS_MAX = 100;
const TEXT_SERIES = 50;
const SERIES_AT_ONCE = 5000;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    series: { type: 'string', default: '100000' },
    samples: { type: 'string', default: '1000000' },
    timeout: { type: 'string', default: '20000' },
    port: { type: 'string', default: '22500' },
    load: { type: 'string', default: '0' },
    built: { type: 'boolean', default: false },
  },
});

const directory = mkdtempSync(join(tmpdir(), 'narthex-hostile-'));
writeFileSync(
  join(directory, 'prometheus.yml'),
  'global:\n  scrape_interval: 1h\nstorage:\n  exemplars:\n    max_exemplars: 100000\n',
);
const url = `http://127.0.0.1:${values.port}`;
const server = fork(
  resolve(values.built ? 'dist/main.js' : 'src/main.ts'),
  [
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${values.port}`,
    '--web.enable-remote-write-receiver',
    '--enable-feature=exemplar-storage',
  ],
  {
    env: { ...process.env, ...SERVER_ENVIRONMENT },
    execArgv: [...SERVER_FLAGS, '--import', resolve('test/fuzz/loop-watch.ts')],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  },
);
let log = '';
server.stderr!.on('data', (text) => {
  log = `${log}${text}`.slice(-4000);
});
try {
  await eventually(
    async () => (await request(`${url}/-/ready`)).statusCode,
    (status) => status === 200,
  );
  await fill();
  await pieces(server);
  process.exitCode = (Number(values.load) > 0 ? await underLoad(url, server, Number(values.load)) : await oneByOne())
    ? 0
    : 1;
} catch (error) {
  process.stderr.write(`${log}\n`);
  throw error;
} finally {
  server.kill('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
}

/** Sends every request by itself; true where none held the main thread. */
async function oneByOne(): Promise<boolean> {
  const results: { name: string; cpuMs: number }[] = [];
  for (const hostile of HOSTILE_REQUESTS) {
    if (!hostile.name.includes(values.only)) continue;
    const began = performance.now();
    const answer = await send(hostile);
    const took = performance.now() - began;
    const { cpuMs, residentBytes, wallMs } = await pieces(server);
    results.push({ name: hostile.name, cpuMs });
    process.stdout.write(
      `${cpuMs.toFixed(1).padStart(8)} ms of CPU, ${wallMs.toFixed(1).padStart(8)} ms in one piece of ${took.toFixed(0).padStart(6)} ms, ` +
        `${Math.round(residentBytes / 2 ** 20)} MiB: ${hostile.name}: ${answer}\n`,
    );
  }
  const tooLong = results.filter(({ cpuMs }) => cpuMs > PIECE_MS_MAX);
  process.stdout.write(`${tooLong.length} of ${results.length} are longer than ${PIECE_MS_MAX} ms\n`);
  return tooLong.length === 0;
}

/** `wide{id, group, le}`, `texts{id, text}` with values of 100 kB, and `long` of many samples. */
async function fill(): Promise<void> {
  const now = Date.now();
  const exemplars = (i: number) =>
    i % 10 === 0 ? [{ labels: labelsOf({ trace: `t${i}` }), value: i, timestamp: now }] : [];
  for (let from = 0; from < Number(values.series); from += SERIES_AT_ONCE) {
    await write(
      Array.from({ length: SERIES_AT_ONCE }, (_, i) => ({
        labels: labelsOf({
          __name__: 'wide',
          group: String((from + i) % 100),
          id: `id-${from + i}`,
          le: String(i % 1000),
        }),
        samples: [{ value: i, timestamp: now }],
        exemplars: exemplars(i),
      })),
    );
  }
  for (let i = 0; i < TEXT_SERIES; i++) {
    const labels = labelsOf({ __name__: 'texts', id: `id-${i}`, text: `${i}${'w'.repeat(100_000)}` });
    await write([{ labels, samples: [{ value: i, timestamp: now }] }]);
  }
  const long = labelsOf({ __name__: 'long', id: 'long' });
  const count = Number(values.samples);
  for (let from = 0; from < count; from += 100_000) {
    const samples = Array.from({ length: 100_000 }, (_, i) => ({ value: i % 77, timestamp: now - count + from + i }));
    await write([{ labels: long, samples }]);
  }
}

async function write(series: SeriesMessage[]): Promise<void> {
  const answer = await send({
    name: 'write',
    path: '/api/v1/write',
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    body: writeBody(series),
  });
  if (!answer.startsWith('204')) throw new Error(`a write was answered with ${answer}`);
}

/** The status of the answer and how it begins; what takes longer than the timeout is given up. */
async function send({ body, headers, method, path }: HostileRequest): Promise<string> {
  try {
    const answer = await request(`${url}${path}`, {
      method,
      headers: { ...headers },
      ...(method === 'POST' ? { body } : {}),
      signal: AbortSignal.timeout(Number(values.timeout)),
    });
    let size = 0;
    let begin = '';
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (begin.length < 150) begin += chunk.subarray(0, 150).toString('latin1');
    }
    const text = answer.statusCode >= 400 ? begin.replace(/\s+/g, ' ').slice(0, 150) : '';
    return `${answer.statusCode}, ${size} bytes ${text}`;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}
