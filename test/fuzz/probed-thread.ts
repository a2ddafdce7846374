import { getEnvironmentData } from 'node:worker_threads';
import { NO_SLOT, ThreadControl } from '../../src/query/pool/thread-control.ts';
import { PieceProbe } from './piece-probe.ts';
import { PROBE, type SharedProbe } from './shared-probe.ts';
import '../../src/query/pool/query-worker.ts';

// A query thread as a server has it, in which each look at whether a query is still wanted, and each turn that one takes or gives
// up, ends a piece. What goes on between turns counts too: V8 collects garbage there.

const { words, stack, withStacks } = getEnvironmentData('probe') as SharedProbe;
const { isCanceled, setAtWork } = ThreadControl.prototype;
let query = words[PROBE.query];
let probe = new PieceProbe(withStacks);

function look(): void {
  if (words[PROBE.query] !== query) {
    query = words[PROBE.query];
    probe = new PieceProbe(withStacks);
    return;
  }
  const before = probe.longest.cpuMs;
  probe.look();
  const { cpuMs, wallMs, where } = probe.longest;
  words[PROBE.cpuMs] = cpuMs;
  words[PROBE.wallMs] = wallMs;
  words[PROBE.looks] = probe.looks;
  if (cpuMs > before && where !== null) {
    stack.fill(0);
    new TextEncoder().encodeInto(where, stack);
  }
}

ThreadControl.prototype.isCanceled = function (this: ThreadControl, slot: number): boolean {
  look();
  return isCanceled.call(this, slot);
};

ThreadControl.prototype.setAtWork = function (this: ThreadControl, slot: number): void {
  if (slot === NO_SLOT) look();
  setAtWork.call(this, slot);
  if (slot !== NO_SLOT) look();
};
