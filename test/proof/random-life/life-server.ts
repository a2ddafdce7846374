import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { BIN, type Workbench } from '../../server/narthex-process.ts';
import { eventually } from '../../support/ask.ts';
import { startUp, type Up } from '../both-servers.ts';
import { LATE_MS, type LifeStep } from './life-steps.ts';

/** A data directory and the server that has it at the moment. */
export class LifeServer {
  readonly #bench: Workbench;
  readonly #directory: string;
  readonly #programs: { readonly narthex: string; readonly prometheus: string };
  readonly #isOld: boolean;
  #up: Up | null = null;

  /** `isOld`: the Prometheus is a 2.x, which takes no late samples here and compacts at once. */
  constructor(bench: Workbench, prometheus: string, isOld: boolean) {
    this.#bench = bench;
    this.#isOld = isOld;
    this.#directory = bench.directory({
      'prometheus.yml': `storage: {tsdb: {out_of_order_time_window: ${isOld ? 0 : 2 * LATE_MS}ms}}\n`,
    });
    this.#programs = { narthex: BIN, prometheus };
  }

  get url(): string {
    if (this.#up === null) throw new Error('no server has the directory');
    return this.#up.url;
  }

  async start(program: 'narthex' | 'prometheus', flags: readonly string[]): Promise<void> {
    this.#up = await startUp(this.#bench, this.#directory, this.#programs[program], [
      `--config.file=${this.#directory}/prometheus.yml`,
      `--storage.tsdb.path=${this.#directory}/data`,
      '--web.enable-remote-write-receiver',
      '--web.enable-admin-api',
      '--storage.tsdb.retention.time=100d',
      // Compactions must come each second, not each minute.
      ...(program === 'prometheus' && this.#isOld ? [] : ['--storage.tsdb.block-reload-interval=1s']),
      ...flags,
    ]);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#up!.process.end(signal);
    this.#up = null;
  }

  /** What the server answers to a step that is a request or some: status and text of each. */
  async take(step: Exclude<LifeStep, { kind: 'end' }>): Promise<string[]> {
    switch (step.kind) {
      case 'write': {
        const answers: string[] = [];
        for (const body of step.bodies) answers.push(await this.#post('/api/v1/write', body));
        return answers;
      }
      case 'delete': {
        const form = new URLSearchParams({ 'match[]': step.match, start: seconds(step.from), end: seconds(step.to) });
        return [await this.#post(`/api/v1/admin/tsdb/delete_series?${form}`)];
      }
      case 'clean tombstones':
        return [await this.#post('/api/v1/admin/tsdb/clean_tombstones')];
    }
  }

  /** Waits until nothing is left to be compacted: the head's first time has been the same for some looks. */
  async settle(): Promise<number> {
    let last = Number.NaN;
    let same = 0;
    await eventually(
      async () => {
        const time = await this.#metric('prometheus_tsdb_head_min_time');
        same = time === last ? same + 1 : 0;
        last = time;
        await sleep(400);
        return same;
      },
      (looks) => looks >= 4,
    );
    return last;
  }

  async #metric(name: string): Promise<number> {
    const { body } = await request(`${this.url}/metrics`);
    const line = (await body.text()).split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  }

  async #post(path: string, body: Uint8Array | null = null): Promise<string> {
    const { statusCode, body: answer } = await request(`${this.url}${path}`, {
      method: 'POST',
      body,
      headers: body === null ? {} : { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    });
    return `${statusCode} ${(await answer.text()).trim()}`;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
