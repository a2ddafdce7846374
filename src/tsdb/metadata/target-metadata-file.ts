import { NEWLINE } from '../../kernels/ascii.ts';
import { crc32c } from '../../kernels/crc32c.ts';
import type { MetricDescription, TargetDescription } from '../../storage/target-metadata.ts';
import { DamagedFile } from '../damaged-file.ts';

/**
 * The file `target_metadata`: lines of UTF-8 text, each a letter and a JSON value.
 *
 * ```text
 * narthex target metadata 1
 * m["http_requests_total","counter","Requests served.",""]     metric: name, type, help, unit; numbered from 0
 * s[0,3,4]                                                     set: numbers of metrics; numbered from 0
 * t["labels and URL of a target",0]                            target: what tells it apart, its set
 * c"89ab12cd"                                                  CRC-32C of everything before, hexadecimal; the last line
 * ```
 *
 * A metric that many targets describe alike stands there once, and so does a set that many targets have.
 */
const FIRST_LINE = 'narthex target metadata 1\n';

/** Larger it does not get: targets beyond are left out, and answer again from their first scrape on. */
export const TARGET_METADATA_BYTES_MAX = 16 * 1024 * 1024;

/** Metrics and targets written between two points at which the work may be interrupted. */
const STEP = 1024;

const encoder = new TextEncoder();

/** Yields wherever it may be interrupted. */
export function* targetMetadataToBytes(
  targets: readonly TargetDescription[],
  bytesMax = TARGET_METADATA_BYTES_MAX,
): Generator<undefined, { readonly bytes: Uint8Array; readonly leftOut: number }> {
  const parts: Uint8Array[] = [encoder.encode(FIRST_LINE)];
  let size = parts[0]!.length;
  const metrics = new Map<string, number>();
  const sets = new Map<unknown, number>();
  let work = 0;
  for (const [place, { metrics: list, sharedBy, target }] of targets.entries()) {
    let text = '';
    const fresh: string[] = [];
    let set = sets.get(sharedBy);
    if (set === undefined) {
      const numbers: number[] = [];
      for (const { metric, type, help, unit } of list()) {
        const line = `m${JSON.stringify([metric, type, help, unit])}\n`;
        let number = metrics.get(line);
        if (number === undefined) {
          number = metrics.size;
          metrics.set(line, number);
          fresh.push(line);
          text += line;
        }
        numbers.push(number);
        if (++work % STEP === 0) yield;
      }
      set = sets.size;
      text += `s${JSON.stringify(numbers)}\n`;
    }
    const bytes = encoder.encode(`${text}t${JSON.stringify([target, set])}\n`);
    if (size + bytes.length > bytesMax) {
      for (const line of fresh) metrics.delete(line);
      return { bytes: joined(parts, size), leftOut: targets.length - place };
    }
    sets.set(sharedBy, set);
    parts.push(bytes);
    size += bytes.length;
    if (++work % STEP === 0) yield;
  }
  return { bytes: joined(parts, size), leftOut: 0 };
}

/** What is kept of each target. Throws `DamagedFile`. */
export function targetMetadataFromBytes(bytes: Uint8Array, path: string): Map<string, readonly MetricDescription[]> {
  const last = bytes.lastIndexOf(NEWLINE, bytes.length - 2) + 1;
  const fail = (offset: number, reason: string): never => {
    throw new DamagedFile(path, offset, reason);
  };
  const text = decodeOrFail(bytes, fail);
  if (!text.startsWith(FIRST_LINE)) fail(0, 'it does not begin as target metadata of version 1');
  const sum = crc32c(bytes, 0, last, 0).toString(16).padStart(8, '0');
  if (decodeOrFail(bytes.subarray(last), fail) !== `c"${sum}"\n`) fail(last, 'the checksum differs');
  const metrics: MetricDescription[] = [];
  const sets: MetricDescription[][] = [];
  const targets = new Map<string, readonly MetricDescription[]>();
  const lines = text.slice(FIRST_LINE.length).split('\n');
  let offset = FIRST_LINE.length;
  // The last line is the checksum, and behind it is nothing.
  for (const [i, line] of lines.slice(0, -2).entries()) {
    try {
      readLine(line, metrics, sets, targets);
    } catch {
      fail(offset, `line ${i + 2} is malformed`);
    }
    offset = bytes.indexOf(NEWLINE, offset) + 1;
  }
  return targets;
}

function readLine(
  line: string,
  metrics: MetricDescription[],
  sets: MetricDescription[][],
  targets: Map<string, readonly MetricDescription[]>,
): void {
  const value = JSON.parse(line.slice(1));
  switch (line[0]) {
    case 'm': {
      const [metric, type, help, unit] = value as unknown[];
      metrics.push({ metric: textOf(metric), type: textOf(type), help: textOf(help), unit: textOf(unit) });
      return;
    }
    case 's':
      sets.push((value as number[]).map((number) => known(metrics[number])));
      return;
    case 't':
      targets.set(textOf(value[0]), known(sets[value[1]]));
      return;
    default:
      throw new SyntaxError(`a line begins with ${line[0]}`);
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('it names what is not there');
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a text');
  return value;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeOrFail(bytes: Uint8Array, fail: (offset: number, reason: string) => never): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return fail(0, 'it is not UTF-8');
  }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const body = new Uint8Array(size + CHECKSUM_LINE_BYTES);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  const sum = crc32c(body, 0, size, 0).toString(16).padStart(8, '0');
  body.set(encoder.encode(`c"${sum}"\n`), size);
  return body;
}

const CHECKSUM_LINE_BYTES = 12;
