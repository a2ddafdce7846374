import { randomFrom } from '../../fuzz/random.ts';
import { Workbench } from '../../server/narthex-process.ts';
import { eventually } from '../../support/ask.ts';
import { compareLives } from './compare-lives.ts';
import { LifeServer } from './life-server.ts';
import { type LifeStep, lifeSteps } from './life-steps.ts';

export interface RandomLife {
  readonly seed: number;
  readonly steps: number;
  /** The program of the reference, 3.x. */
  readonly prometheus: string;
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
 * Narthex is killed at once; a Prometheus when it has nothing to compact any more, since it loses late samples else.
 */
export async function liveRandomLife({ seed, steps, prometheus, onStep }: RandomLife): Promise<void> {
  const random = randomFrom(seed);
  const from = (Math.floor(Date.now() / DAY_MS) - DAYS) * DAY_MS;
  const life = lifeSteps(random, { steps, from });
  const bench = new Workbench();
  const flags = ['--storage.tsdb.block-reload-interval=1s', '--enable-feature=exemplar-storage'];
  try {
    const mixed = new LifeServer(bench, prometheus);
    const reference = new LifeServer(bench, prometheus);
    await Promise.all([mixed.start('narthex', flags), reference.start('prometheus', flags)]);
    let serving: 'narthex' | 'prometheus' = 'narthex';
    let [now, exemplarsFrom] = [from, from];
    const compare = async (when: string) => {
      const differences = await compareLives(mixed.url, reference.url, { from, to: now, exemplarsFrom });
      if (differences.length > 0) throw new Error(`seed ${seed}, ${when}:\n${differences.slice(0, 10).join('\n')}`);
    };
    for (const [i, step] of life.entries()) {
      const where = `step ${i} of ${life.length} (${describe(step)}), ${serving} has the directory`;
      onStep(where);
      if (step.kind === 'end') {
        const settled = [reference.settle(), ...(serving === 'prometheus' ? [mixed.settle()] : [])];
        await Promise.all(settled);
        await compare(`before ${where}`);
        await Promise.all([mixed.end(step.signal), reference.end(step.signal)]);
        serving = step.next;
        await Promise.all([mixed.start(serving, flags), reference.start('prometheus', flags)]);
        exemplarsFrom = now + 1;
        await compare(`after ${where}`);
        continue;
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
  } finally {
    await bench.cleanUp();
  }
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
