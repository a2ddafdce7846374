import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { labelsFromObject } from '../../../src/model/labels.ts';
import { labelsOf, writeBody } from '../../remote/write-message.ts';

export interface SentRow {
  readonly s: string;
  readonly time: number;
  readonly value: number;
}

/** A Prometheus that scrapes nothing and takes remote writes. */
export interface ReceivingPrometheus {
  /** Resolves when the samples of `theirs{s}` were acknowledged; rejects where they were refused or it is gone. */
  send(rows: readonly SentRow[]): Promise<void>;
  /** `{labels} value time` for every sample in a range (ms), `count <count>` for histograms; without NaN, sorted. */
  samples(selector: string, from: number, to: number): Promise<string[]>;
  /** `id value time` for the exemplars of a range (ms), oldest first; `id` is their one label. */
  exemplars(selector: string, from: number, to: number): Promise<string[]>;
  /** SIGKILL, or another signal; resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  readonly output: () => string;
}

interface QueryAnswer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly values?: readonly (readonly [number, string])[];
      readonly histograms?: readonly (readonly [number, { readonly count: string }])[];
    }[];
  };
}

interface ExemplarAnswer {
  readonly data: readonly {
    readonly exemplars: readonly {
      readonly labels: Record<string, string>;
      readonly value: string;
      readonly timestamp: number;
    }[];
  }[];
}

/** Starts one on a data directory and waits until it is ready; `flags` come behind those that it needs. */
export async function startReceiver(
  program: string,
  directory: string,
  outOfOrderMs: number,
  flags: readonly string[] = [],
): Promise<ReceivingPrometheus> {
  const config = `${directory}.yml`;
  writeFileSync(config, `storage: {tsdb: {out_of_order_time_window: ${outOfOrderMs}ms}}\n`);
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${directory}`,
      '--storage.tsdb.retention.time=10y',
      '--web.listen-address=127.0.0.1:0',
      '--web.enable-remote-write-receiver',
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const exited = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
  });
  const address = await addressOf(child, () => output);
  for (let tries = 0; !output.includes('Server is ready'); tries++) {
    if (tries > 2400 || child.exitCode !== null) throw new Error(`Prometheus is not ready: ${output}`);
    await sleep(50);
  }
  return {
    output: () => output,
    async send(rows) {
      const series = new Map<string, { value: number; timestamp: number }[]>();
      for (const { s, time, value } of rows) {
        const samples = series.get(s) ?? [];
        samples.push({ value, timestamp: time });
        series.set(s, samples);
      }
      const body = writeBody(
        [...series].map(([s, samples]) => ({ labels: labelsOf({ __name__: 'theirs', s }), samples })),
      );
      const response = await fetch(`http://${address}/api/v1/write`, {
        method: 'POST',
        body: body as Uint8Array<ArrayBuffer>,
        headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' },
      });
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
    },
    async samples(selector, from, to) {
      const query = `${selector}[${to - from + 1}ms]`;
      const response = await fetch(`http://${address}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query, time: String(to / 1000) }),
      });
      const { data } = (await response.json()) as QueryAnswer;
      return data.result
        .flatMap(({ histograms = [], metric, values = [] }) =>
          [
            ...values
              .filter(([, value]) => value !== 'NaN')
              .map(([time, value]) => `${value} ${Math.round(time * 1000)}`),
            ...histograms.map(([time, { count }]) => `count ${count} ${Math.round(time * 1000)}`),
          ].map((text) => `${labelsFromObject(metric)} ${text}`),
        )
        .sort();
    },
    async exemplars(selector, from, to) {
      const response = await fetch(`http://${address}/api/v1/query_exemplars`, {
        method: 'POST',
        body: new URLSearchParams({ query: selector, start: String(from / 1000), end: String(to / 1000) }),
      });
      const { data } = (await response.json()) as ExemplarAnswer;
      return data
        .flatMap(({ exemplars }) => exemplars)
        .sort((a, b) => a.timestamp - b.timestamp)
        .map(({ labels, timestamp, value }) => `${labels['id']} ${value} ${Math.round(timestamp * 1000)}`);
    },
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await exited;
    },
  };
}

/** The address on which it listens, from its log. */
async function addressOf(child: ChildProcess, output: () => string): Promise<string> {
  for (let tries = 0; tries < 2400 && child.exitCode === null; tries++) {
    const match = /address=(127\.0\.0\.1:\d+)/.exec(output().replace(/address=127\.0\.0\.1:0\b/g, ''));
    if (match !== null) return match[1]!;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`Prometheus does not listen: ${output()}`);
}
