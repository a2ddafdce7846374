/**
 * Loaded before a server (`--import`): measures what its main thread does in one turn of the event loop, and tells its parent when
 * it is asked to.
 */
import { PieceProbe } from './piece-probe.ts';

let probe = new PieceProbe();
/** Turns are told apart by a timer that is always due. */
const TURN_MS = 1;
setInterval(() => probe.look(), TURN_MS).unref();
process.on('message', (message) => {
  if (message !== 'pieces') return;
  probe.look();
  process.send?.({ ...probe.longest, residentBytes: process.memoryUsage.rss() });
  probe = new PieceProbe();
});
process.channel?.unref();
