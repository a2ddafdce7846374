import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** The record of the reference and the tools to compare with it; absent outside this project's own checkouts. */
const GOLDEN = resolve('../shared/golden');
export const RECORDED = join(GOLDEN, 'recorded');

/** What a comparison found: how many answers were alike of how many, by kind, and under `all` in total. */
export type Comparison = Readonly<Record<string, { readonly alike: number; readonly count: number }>>;

/**
 * A copy of the tools in a folder of its own, where they find the packages that they import. The protobufjs that they find is not
 * the one that the record was made with: it leaves zeros of a `oneof` out, so the first histograms of two series, of floats and
 * empty, are sent as integers, and four answers of remote read differ.
 */
export class GoldenTools {
  readonly folder = mkdtempSync(join(tmpdir(), 'narthex-golden-'));

  constructor() {
    cpSync(GOLDEN, this.folder, { recursive: true, filter: (path) => !path.includes('recorded') });
    symlinkSync(resolve('node_modules'), join(this.folder, 'node_modules'));
  }

  /** A record with every n-th of its entries, from the `first` on. Returns its path. */
  sample(record: string, every: number, first: number): string {
    const [header, ...entries] = gunzipSync(readFileSync(record)).toString('utf8').trimEnd().split('\n');
    const kept = entries.filter((_, i) => i % every === first % every);
    const path = join(this.folder, `sample-${every}-${first}.jsonl.gz`);
    writeFileSync(path, gzipSync([header, ...kept, ''].join('\n')));
    return path;
  }

  /** The flags and configuration with which the record was made. */
  fixture(): { readonly configuration: string } {
    const text = `import { dataConfig } from './lib/fixture.mjs'; process.stdout.write(dataConfig());`;
    const { stdout } = this.#node(['--input-type=module', '-e', text]);
    return { configuration: stdout };
  }

  /** Compares a running server with a record. */
  compare(record: string, server: string, ...options: string[]): { found: Comparison; output: string } {
    const args = ['compare.mjs', '--golden', record, '--server', server, '--threshold', '0', ...options];
    const { stdout, stderr } = this.#node(args);
    return { found: readComparison(stdout, stderr), output: stdout };
  }

  /** Starts `program` as the record was made, runs the comparison, and stops it. */
  compareFresh(program: string, port: number, record: string, ...options: string[]): Comparison {
    const compare = `node compare.mjs --golden ${record} --server $GOLDEN_SERVER --threshold 0 ${options.join(' ')}`;
    const { stdout, stderr } = this.#node(['start.mjs', '--binary', program, '--port', String(port), '--run', compare]);
    return readComparison(stdout, stderr);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #node(args: readonly string[]): { stdout: string; stderr: string } {
    return spawnSync(process.execPath, args, { cwd: this.folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  }
}

function readComparison(stdout: string, stderr: string): Comparison {
  const total = /total: (\d+)\/(\d+) passed/.exec(stdout);
  if (total === null) throw new Error(`The comparison did not end: ${stdout.slice(-2000)}${stderr.slice(-2000)}`);
  const found: Record<string, { alike: number; count: number }> = {};
  for (const [, kind, alike, count] of stdout.matchAll(/^ {2}(\S+)\s+[\d.]+%\s+(\d+)\/(\d+)$/gm)) {
    found[kind!] = { alike: Number(alike), count: Number(count) };
  }
  found['all'] = { alike: Number(total[1]), count: Number(total[2]) };
  return found;
}
