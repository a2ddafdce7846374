import { findProgram } from '../../../bench/peers/find-program.ts';
import { versionOf } from '../../tsdb/prometheus-process.ts';
import { liveRandomLife } from './random-life.ts';

/*
 * Random lives one after the other, until one ends with a difference:
 *
 *     NARTHEX_PEERS=FOLDER node test/proof/random-life/run.ts [lives] [seed] [steps] [--steps-shown]
 */
const prometheus = findProgram('prometheus');
if (prometheus === null) throw new Error('no prometheus, neither in NARTHEX_PEERS nor on PATH');
const isOld = (versionOf(prometheus) ?? 3) < 3;
const [lives, seed, steps] = [process.argv[2] ?? '10', process.argv[3] ?? '1', process.argv[4] ?? '40'].map(Number);
const onStep = process.argv.includes('--steps-shown') ? console.log : () => {};
for (let life = 0; life < lives!; life++) {
  const started = performance.now();
  const length = await liveRandomLife({ seed: seed! + life, steps: steps!, prometheus, isOld, onStep });
  console.log(`seed ${seed! + life}: ${length}, alike, ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
