import type { ExpositionError } from './exposition-error.ts';

/** An exemplar behind a sample: its labels as offsets, braces included, and its numbers. */
export interface EntryExemplar {
  readonly labelsStart: number;
  readonly labelsEnd: number;
  readonly value: number;
  /** Milliseconds; `null` where there is none. */
  readonly time: number | null;
}

/** One entry of a body in a text format, as offsets into the body. */
export type TextEntry =
  | { readonly kind: 'end' }
  | { readonly kind: 'nothing'; readonly next: number }
  | {
      readonly kind: 'series';
      readonly seriesStart: number;
      readonly seriesEnd: number;
      readonly value: number;
      /** Milliseconds, rounded where they are beyond 2^53; `null` where there is none. */
      readonly time: number | null;
      readonly exemplar: EntryExemplar | null;
      /** What is wrong with the entry behind this one, where only this one's end tells. */
      readonly fault: ExpositionError | null;
      readonly next: number;
    }
  | {
      readonly kind: 'metadata';
      /** A number of `METADATA`, the type added. */
      readonly line: number;
      readonly nameStart: number;
      readonly nameEnd: number;
      readonly textStart: number;
      readonly textEnd: number;
      readonly next: number;
    };
