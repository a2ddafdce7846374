import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { request } from 'undici';
import { eventually } from '../support/ask.ts';

export const BIN = resolve('bin/narthex');

/** The first sources, run by the Node that runs the tests. */
export const SOURCES: readonly string[] = [process.execPath, resolve('src/main.ts')];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under test in a directory of its own. */
export class NarthexProcess {
  readonly directory: string;
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(directory: string, args: readonly string[], program: readonly string[] = [BIN]) {
    this.directory = directory;
    this.child = spawn(program[0]!, [...program.slice(1), ...args], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolveEnd) => {
      this.child.once('close', (code) => resolveEnd({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** Waits for the line with the URL and for readiness; gives the URL without a slash at its end. */
  async ready(): Promise<string> {
    const text = () => `exit ${this.child.exitCode}\n${this.stdout}\n${this.stderr}`;
    const url = await eventually(
      async () => / listens on (http:\/\/\S+?)\/?\n/.exec(this.stdout)?.[1] ?? null,
      (found) => found !== null || this.child.exitCode !== null,
    );
    if (url === null) throw new Error(`Narthex does not listen: ${text()}`);
    await eventually(
      () => status(url, '/-/ready'),
      (code) => code === 200,
    );
    return url;
  }

  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** Directories and processes of one test file; `cleanUp` belongs into `afterEach`. */
export class Workbench {
  readonly #directories: string[] = [];
  readonly #processes: NarthexProcess[] = [];

  directory(files: Readonly<Record<string, string>> = {}): string {
    const directory = mkdtempSync(join(tmpdir(), 'narthex-server-'));
    this.#directories.push(directory);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return directory;
  }

  /** Starts a process that listens on a port the system chooses, unless the arguments name one. */
  start(directory: string, args: readonly string[] = [], program?: readonly string[]): NarthexProcess {
    const address = args.some((arg) => arg.startsWith('--web.listen-address'))
      ? []
      : ['--web.listen-address=127.0.0.1:0'];
    const started = new NarthexProcess(directory, [...address, ...args], program);
    this.#processes.push(started);
    return started;
  }

  async cleanUp(): Promise<void> {
    for (const { child } of this.#processes) if (child.exitCode === null) child.kill('SIGKILL');
    await Promise.all(this.#processes.splice(0).map(({ ended }) => ended));
    for (const directory of this.#directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  }
}

export async function status(url: string, path: string, method: 'GET' | 'POST' = 'GET'): Promise<number> {
  const { statusCode, body } = await request(`${url}${path}`, { method });
  await body.dump();
  return statusCode;
}

export async function text(url: string, path: string, method: 'GET' | 'POST' = 'GET'): Promise<string> {
  const { body } = await request(`${url}${path}`, { method });
  return body.text();
}
