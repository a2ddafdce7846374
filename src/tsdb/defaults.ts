/** Two hours: the width of the ranges that chunks and the smallest blocks are aligned to. */
export const CHUNK_RANGE_MS_DEFAULT = 2 * 60 * 60 * 1000;

/** Exemplars that are kept where nothing else is said. */
export const EXEMPLARS_MAX_DEFAULT = 100_000;
