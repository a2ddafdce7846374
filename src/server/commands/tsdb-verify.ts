import { FileSystemError } from '../../std/file-system.ts';
import { nodeFiles } from '../../std/node-files.ts';
import { type Finding, Findings } from '../../tsdb/verify/findings.ts';
import { type VerifiedContent, type VerifyProgress, verifyDirectory } from '../../tsdb/verify/verify-directory.ts';
import { binaryBytes } from './tsdb-list.ts';

/** Ends of the command: nothing wrong, faults found, the question could not be answered. */
export const VERIFY_EXIT = { sound: 0, faults: 1, usage: 2 } as const;

export interface VerifyOptions {
  readonly directory: string;
  /** One JSON object on a line for each finding, and a last one that sums up. */
  readonly isJson: boolean;
  readonly print: (text: string) => void;
  /** Where progress is drawn; null: nowhere. */
  readonly progress: ((text: string) => void) | null;
  readonly complain: (text: string) => void;
}

/** Checks a data directory and prints what it finds; gives the exit code. */
export function verify({ complain, directory, isJson, print, progress }: VerifyOptions): number {
  const bar = progress === null ? null : new ProgressLine(progress);
  const findings = new Findings((finding) => {
    bar?.clear();
    print(`${isJson ? JSON.stringify(finding) : findingText(finding)}\n`);
  });
  try {
    if (nodeFiles.statSync(directory)?.kind !== 'directory') {
      complain(`opening the db dir: stat ${directory}: no such file or directory\n`);
      return VERIFY_EXIT.usage;
    }
    const content = verifyDirectory(nodeFiles, directory, findings, (state) => bar?.show(state));
    bar?.clear();
    print(isJson ? `${JSON.stringify(summary(content, findings))}\n` : summaryText(directory, content, findings));
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    bar?.clear();
    complain(`${error.message}\n`);
    return VERIFY_EXIT.usage;
  }
  return findings.faults > 0 ? VERIFY_EXIT.faults : VERIFY_EXIT.sound;
}

function findingText({ kind, offset, path, reason }: Finding): string {
  const place = offset === null ? path : `${path} at offset ${offset}`;
  return `${place}: ${kind === 'note' ? 'note: ' : ''}${reason}`;
}

function summary(content: VerifiedContent, { faults, notes }: Findings): object {
  return { kind: 'summary', faults, notes, ...content };
}

function summaryText(directory: string, content: VerifiedContent, { faults, notes }: Findings): string {
  const { blocks, chunks, headChunks, records, samples, segments, series } = content;
  const looked = [
    `${blocks} blocks (${series} series, ${chunks} chunks, ${samples} samples)`,
    `${segments} log segments (${records} records)`,
    `${headChunks} chunks of the head`,
  ];
  const verdict = faults === 0 ? 'sound' : `${faults} faults`;
  return `${directory}: ${verdict}${notes === 0 ? '' : `, ${notes} notes`}; looked at ${looked.join(', ')}\n`;
}

/** One line that is drawn again and again; often enough to be seen moving. */
class ProgressLine {
  readonly #write: (text: string) => void;
  #nextAt = 0;
  #isShown = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  show({ bytes, bytesDone, path }: VerifyProgress): void {
    if (bytesDone < this.#nextAt) return;
    this.#nextAt = bytesDone + Math.max(bytes / 200, 1024 * 1024);
    const percent = bytes === 0 ? 100 : Math.floor((100 * bytesDone) / bytes);
    this.#write(`\r\x1b[K${percent}% of ${binaryBytes(bytes).replace(/(iB).*/, '$1')}  ${path}`);
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) this.#write('\r\x1b[K');
    this.#isShown = false;
  }
}
