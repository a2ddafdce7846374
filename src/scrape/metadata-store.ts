import type { Body } from '../exposition/body.ts';
import { type ExpositionRows, METRIC_TYPES, type MetricType } from '../exposition/rows.ts';
import { unescapeText } from '../exposition/series-labels.ts';
import { METADATA, METADATA_STRIDE } from '../kernels/exposition-metadata.ts';
import { equalBytes, hashBytes } from '../kernels/hash.ts';
import type { MetricDescription } from '../storage/target-metadata.ts';

/** What HELP, TYPE and UNIT lines say of a metric. */
export interface MetricMetadata extends MetricDescription {
  readonly metric: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

interface Entry {
  type: MetricType;
  help: string;
  unit: string;
  /** The update that saw the metric last. */
  lastSeen: number;
}

/** A metric's metadata stays for this many scrapes after its lines have gone. */
const KEPT_SCRAPES = 10;

/**
 * The metadata lines of one target. They rarely change, so their bytes are kept and compared: while they are equal no
 * string is made.
 */
export class MetadataStore {
  readonly #metrics = new Map<string, Entry>();
  #lines = new DataView(new ArrayBuffer(0));
  #linesSize = 0;
  #updates = 0;
  /** The update in which the lines changed last; metrics seen then are seen ever since. */
  #changedUpdate = 0;
  #currentCount = 0;
  #bytes = 0;
  #fingerprint: unknown = '';

  get size(): number {
    return this.#metrics.size;
  }

  /** Bytes of help texts, units and types. */
  get byteSize(): number {
    return this.#bytes;
  }

  /** Equal for stores that took the same lines; another one whenever they change. */
  get fingerprint(): unknown {
    return this.#fingerprint;
  }

  /** Begins with what was known before a restart. It stays until the target's own lines say otherwise, or not at all. */
  restore(list: readonly MetricDescription[]): void {
    this.#fingerprint = list;
    for (const { metric, type, help, unit } of list) {
      const known = METRIC_TYPES.find((candidate) => candidate === type) ?? 'unknown';
      this.#metrics.set(metric, { type: known, help, unit, lastSeen: 0 });
    }
    this.#recount();
  }

  list(): MetricMetadata[] {
    const list: MetricMetadata[] = [];
    for (const [metric, { type, help, unit }] of this.#metrics) list.push({ metric, type, help, unit });
    return list;
  }

  get(metric: string): MetricMetadata | null {
    const entry = this.#metrics.get(metric);
    return entry === undefined ? null : { metric, type: entry.type, help: entry.help, unit: entry.unit };
  }

  /** Takes the metadata lines of a parsed body over. */
  update(body: Body, rows: ExpositionRows): void {
    this.#updates++;
    if (!this.#sameLines(body, rows)) {
      this.#changedUpdate = this.#updates;
      this.#keepLines(body, rows);
      for (let line = 0; line < rows.metadataCount; line++) this.#takeLine(body, rows.metadata, line);
      this.#recount();
    }
    if (this.#metrics.size > this.#currentCount) this.#forgetOld();
  }

  #takeLine(body: Body, metadata: Uint32Array, line: number): void {
    const at = METADATA_STRIDE * line;
    const kind = metadata[at]!;
    const buffer = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length);
    const metric = buffer.toString('utf8', metadata[at + 1]!, metadata[at + 2]!);
    let entry = this.#metrics.get(metric);
    if (entry === undefined) {
      entry = { type: 'unknown', help: '', unit: '', lastSeen: 0 };
      this.#metrics.set(metric, entry);
    }
    entry.lastSeen = this.#updates;
    if (kind >= METADATA.type) {
      entry.type = METRIC_TYPES[kind - METADATA.type]!;
      return;
    }
    const text = buffer.toString('utf8', metadata[at + 3]!, metadata[at + 4]!);
    if (kind === METADATA.help) entry.help = unescapeHelp(text);
    else if (kind === METADATA.quotedHelp) entry.help = unescapeText(text);
    else entry.unit = text;
  }

  #recount(): void {
    this.#currentCount = 0;
    this.#bytes = 0;
    for (const entry of this.#metrics.values()) {
      if (entry.lastSeen === this.#changedUpdate) this.#currentCount++;
      this.#bytes += Buffer.byteLength(entry.help) + Buffer.byteLength(entry.unit) + entry.type.length;
    }
  }

  #forgetOld(): void {
    let forgot = false;
    for (const [metric, entry] of this.#metrics) {
      if (entry.lastSeen === this.#changedUpdate || this.#updates - entry.lastSeen <= KEPT_SCRAPES) continue;
      this.#metrics.delete(metric);
      forgot = true;
    }
    if (forgot) this.#recount();
  }

  /** Kept lines are kind and bytes from name to text, one after the other. */
  #sameLines(body: Body, rows: ExpositionRows): boolean {
    const { metadata, metadataCount } = rows;
    let kept = 0;
    for (let line = 0; line < metadataCount; line++) {
      const at = METADATA_STRIDE * line;
      const start = metadata[at + 1]!;
      const length = metadata[at + 4]! - start;
      if (kept + 5 + length > this.#linesSize) return false;
      if (this.#lines.getUint8(kept) !== metadata[at] || this.#lines.getUint32(kept + 1, true) !== length) return false;
      if (!equalBytes(this.#lines, kept + 5, body.view, start, length)) return false;
      kept += 5 + length;
    }
    return kept === this.#linesSize;
  }

  #keepLines(body: Body, rows: ExpositionRows): void {
    const { metadata, metadataCount } = rows;
    let size = 0;
    for (let line = 0; line < metadataCount; line++) {
      size += 5 + metadata[METADATA_STRIDE * line + 4]! - metadata[METADATA_STRIDE * line + 1]!;
    }
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    let kept = 0;
    for (let line = 0; line < metadataCount; line++) {
      const at = METADATA_STRIDE * line;
      const start = metadata[at + 1]!;
      const end = metadata[at + 4]!;
      bytes[kept] = metadata[at]!;
      view.setUint32(kept + 1, end - start, true);
      bytes.set(body.bytes.subarray(start, end), kept + 5);
      kept += 5 + end - start;
    }
    this.#lines = view;
    this.#linesSize = size;
    // Of the texts that the hash may mistake for each other, hardly any are of equal size.
    this.#fingerprint = `${size} ${hashBytes(view, 0, size, 0)}`;
  }
}

/** HELP texts of the text format escape the backslash and the newline, not the quote. */
function unescapeHelp(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : '\\'));
}
