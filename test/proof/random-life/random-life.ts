import { randomFrom } from '../../fuzz/random.ts';
import { Workbench } from '../../server/narthex-process.ts';
import { eventually } from '../../support/ask.ts';
import { type Held, heldBy, missingIn } from './compare-lives.ts';
import { LifeServer } from './life-server.ts';
import { type LifeStep, lifeSteps } from './life-steps.ts';

export interface RandomLife {
  readonly seed: number;
  readonly steps: number;
  /** The program of the reference. */
  readonly prometheus: string;
  /** It is a 2.x: lives of floats without late samples, see `LifeOptions.isPlain`. */
  readonly isOld: boolean;
  onStep(report: string): void;
}

/** A life begins with a day, so many days ago, and is over today. */
const DAYS = 4;
const DAY_MS = 86_400_000;

/**
 * Does the same random steps to two data directories and throws where they differ: one that a Prometheus keeps, and one that goes
 * to and fro between Narthex and that Prometheus. Compared are the answers to each request and, at each end and start, every sample,
 * stale markers included, and the exemplars that came since the last start.
 *
 * A life is cut short where the reference loses samples at a start that both had before it. Narthex is killed at once; a Prometheus when it has nothing to compact any more, since it loses late samples else.
 */
export async function liveRandomLife({
  seed,
  steps,
  prometheus,
  isOld,
  onStep,
}: RandomLife): Promise<'whole' | 'cut short'> {
  const random = randomFrom(seed);
  const from = (Math.floor(Date.now() / DAY_MS) - DAYS) * DAY_MS;
  const life = lifeSteps(random, { steps, from, isPlain: isOld });
  const bench = new Workbench();
  const flags = ['--enable-feature=exemplar-storage'];
  try {
    const mixed = new LifeServer(bench, prometheus, isOld);
    const reference = new LifeServer(bench, prometheus, isOld);
    let serving: 'narthex' | 'prometheus' = isOld ? 'prometheus' : 'narthex';
    await Promise.all([mixed.start(serving, flags), reference.start('prometheus', flags)]);
    let [now, exemplarsFrom] = [from, from];
    const compare = async (when: string): Promise<Held> => {
      const asked = { from, to: now, exemplarsFrom };
      const [ours, theirs] = await Promise.all([heldBy(mixed.url, asked), heldBy(reference.url, asked)]);
      const [extra, missing] = [missingIn(theirs, ours), missingIn(ours, theirs)];
      if (extra.length + missing.length === 0) return ours;
      const text = [...extra.map((line) => `ours alone: ${line}`), ...missing.map((line) => `theirs alone: ${line}`)];
      const error = new Error(`seed ${seed}, ${when}:\n${text.slice(0, 10).join('\n')}`);
      throw missing.length === 0 ? Object.assign(error, { ours }) : error;
    };
    for (const [i, step] of life.entries()) {
      const where = `step ${i} of ${life.length} (${describe(step)}), ${serving} has the directory`;
      onStep(where);
      if (step.kind === 'end') {
        const settled = [reference.settle(), ...(serving === 'prometheus' ? [mixed.settle()] : [])];
        await Promise.all(settled);
        const before = await compare(`before ${where}`);
        await Promise.all([mixed.end(step.signal), reference.end(step.signal)]);
        serving = step.next;
        await Promise.all([mixed.start(serving, flags), reference.start('prometheus', flags)]);
        exemplarsFrom = now + 1;
        const lost = await compare(`after ${where}`).then(
          () => null,
          (error: Error) => error,
        );
        if (lost === null) continue;
        // The reference loses samples at a start that came in order, where late ones were merged before them: see
        // docs/tsdb/differences.md. What we have must be what both had.
        const { ours } = lost as { ours?: Held };
        const isOurs = ours !== undefined && missingIn(ours, withoutExemplars(before)).length === 0;
        if (!isOurs || missingIn(before, withoutExemplars(ours)).length > 0) throw lost;
        onStep(`the reference has lost samples, the life ends: ${lost.message}`);
        return 'cut short';
      }
      if (step.kind === 'write') now = step.until;
      const [ours, theirs] = await Promise.all([mixed.take(step), reference.take(step)]);
      const different = ours.findIndex((answer, k) => answer !== theirs[k]);
      if (different !== -1) throw new Error(`seed ${seed}, ${where}: ${ours[different]} is not ${theirs[different]}`);
      // Which sample is too old follows from what has been compacted: both shall have come as far before the next step.
      await eventually(
        () => Promise.all([mixed.settle(), reference.settle()]),
        ([our, their]) => our === their,
      ).catch((error: Error) => {
        throw new Error(`seed ${seed}, ${where}: the heads begin at different times: ${error.message}`);
      });
    }
    await compare('at the end');
    return 'whole';
  } finally {
    await bench.cleanUp();
  }
}

/** Some of which are lost at an end: see docs/tsdb/differences.md. */
function withoutExemplars(held: Held): Held {
  return Object.fromEntries(Object.entries(held).filter(([key]) => !key.startsWith('exemplars')));
}

function describe(step: LifeStep): string {
  switch (step.kind) {
    case 'write':
      return `${step.bodies.length} requests`;
    case 'delete':
      return `deletion of ${step.match} from ${step.from} to ${step.to}`;
    case 'clean tombstones':
      return step.kind;
    case 'end':
      return `${step.signal}, then ${step.next}`;
  }
}
