import { parsed } from '../../config/scalars.ts';
import { formatDuration, parseDuration } from '../../model/duration.ts';

/** Milliseconds, written as `1h30m`. */
export const duration = parsed('model.Duration', 0, parseDuration, formatDuration);
