import { freePort } from '../../bench/peers/server.ts';
import type { NarthexProcess, Workbench } from '../server/narthex-process.ts';
import { eventually } from '../support/ask.ts';

/** A server of either kind that is ready. */
export interface Up {
  readonly process: NarthexProcess;
  readonly url: string;
}

/** Starts a server and waits until it is ready. */
export async function startUp(
  bench: Workbench,
  directory: string,
  program: string,
  args: readonly string[],
): Promise<Up> {
  const address = `127.0.0.1:${await freePort()}`;
  const process = bench.start(directory, [...args, `--web.listen-address=${address}`], [program]);
  const url = `http://${address}`;
  const isUp = async () => (await fetch(`${url}/-/ready`)).ok;
  await eventually(isUp, (ready) => ready || process.child.exitCode !== null).catch((error: Error) => {
    throw new Error(`${error.message}\n${process.stderr}`);
  });
  return { process, url };
}

/** What a server answers at each of the times (s), with series in order. */
export async function answers(
  url: string,
  queries: readonly string[],
  times: readonly number[],
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const query of queries) {
    for (const [i, time] of times.entries()) {
      const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query, time: String(time) })}`);
      const { data, error, infos, warnings } = (await response.json()) as Answer;
      const series = data?.result.map((each) => JSON.stringify(each)).sort();
      found[i === 0 ? query : `${query} @ ${time}`] = { error, infos, warnings, series };
    }
  }
  return found;
}

interface Answer {
  readonly data?: { readonly result: readonly unknown[] };
  readonly error?: string;
  readonly infos?: readonly string[];
  readonly warnings?: readonly string[];
}
