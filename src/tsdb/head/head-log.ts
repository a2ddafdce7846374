/** Where a transaction is logged. `append` takes all records or throws and takes none. */
export interface HeadLog {
  append(records: readonly Uint8Array[]): void;
}

/** Where its out-of-order samples are logged instead, as the first thing. */
export interface LateLog extends HeadLog {
  /** Undoes the last `append`, which the other log could not follow. */
  takeBack(): void;
}
