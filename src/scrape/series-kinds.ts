import type { Body } from '../exposition/body.ts';
import { type ExpositionRows, METRIC_TYPES, type MetricType } from '../exposition/rows.ts';
import { METADATA, METADATA_STRIDE } from '../kernels/exposition-metadata.ts';
import { ScrapeError } from './scrape-error.ts';

/** What the lines before a series say of it, as far as its labels depend on it. */
export interface SeriesKind {
  /** Of the last TYPE line. */
  readonly type: MetricType;
  /** Names and values of the labels that tell of type and unit; null where such labels are not wanted. */
  readonly labels: readonly string[] | null;
}

/** A cache keeps the number of a kind in a byte. */
const KINDS_MAX = 256;
const PLAIN_KINDS: readonly SeriesKind[] = METRIC_TYPES.map((type) => ({ type, labels: null }));

/** The kinds of one target's series, by numbers that stay: first those without labels, in the order of `METRIC_TYPES`. */
export class SeriesKinds {
  readonly #kinds: SeriesKind[] = [...PLAIN_KINDS];
  readonly #numbers = new Map<string, number>();

  get(number: number): SeriesKind {
    return this.#kinds[number]!;
  }

  /** The number of the kind with labels for a type and a unit. Throws `ScrapeError` where there are too many. */
  described(type: number, unit: string): number {
    const key = `${type} ${unit}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#kinds.length;
    if (number === KINDS_MAX)
      throw new ScrapeError(`more than ${KINDS_MAX - PLAIN_KINDS.length} pairs of type and unit`);
    const name = METRIC_TYPES[type]!;
    const labels = name === 'unknown' ? [] : ['__type__', name];
    if (unit !== '') labels.push('__unit__', unit);
    this.#kinds.push({ type: name, labels });
    this.#numbers.set(key, number);
    return number;
  }
}

/** Walks the metadata lines of a body along with its rows. */
export class KindCursor {
  readonly #rows: ExpositionRows;
  readonly #body: Body;
  /** null: labels of type and unit are not wanted. */
  readonly #kinds: SeriesKinds | null;
  #line = 0;
  #type = 0;
  #unit = '';
  #kind = -1;

  constructor(body: Body, rows: ExpositionRows, kinds: SeriesKinds | null) {
    this.#body = body;
    this.#rows = rows;
    this.#kinds = kinds;
  }

  /**
   * The kind of a row: what the last TYPE and UNIT lines before it say, whichever metric they name, as the reference takes
   * them. Rows must not go back.
   */
  kindOf(row: number): number {
    const { metadata, metadataCount } = this.#rows;
    for (; this.#line < metadataCount && metadata[METADATA_STRIDE * this.#line + 5]! <= row; this.#line++) {
      const kind = metadata[METADATA_STRIDE * this.#line]!;
      if (kind >= METADATA.type) this.#type = kind - METADATA.type;
      else if (kind === METADATA.unit) this.#unit = this.#textOf(this.#line);
      this.#kind = -1;
    }
    if (this.#kind < 0) this.#kind = this.#kinds === null ? this.#type : this.#kinds.described(this.#type, this.#unit);
    return this.#kind;
  }

  #textOf(line: number): string {
    if (this.#kinds === null) return '';
    const { bytes } = this.#body;
    const at = METADATA_STRIDE * line;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return text.toString('utf8', this.#rows.metadata[at + 3]!, this.#rows.metadata[at + 4]!);
  }
}
