/**
 * Fuzzes the query engine: `node test/fuzz/run.ts [--seed N] [--seconds N] [--cases N] [--from CASE]`. Prints each fault
 * with the seed and number that give it again, and the largest heap; the exit code is 1 where there were faults.
 */
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fuzzCorpus } from './fuzz-corpus.ts';
import { fuzzStorage } from './fuzz-data.ts';
import { EngineFuzzer, fuzzCase } from './fuzz-engine.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    cases: { type: 'string', default: 'Infinity' },
    from: { type: 'string', default: '0' },
  },
});
const seed = Number(values.seed);
const end = performance.now() + 1000 * Number(values.seconds);
const corpus = fuzzCorpus();
const fuzzer = new EngineFuzzer(fuzzStorage());
let faults = 0;
let heapMax = 0;
let number = Number(values.from);
const last = number + Number(values.cases);
for (; number < last && performance.now() < end; number++) {
  const fuzzed = fuzzCase(seed, number, corpus);
  const fault = await fuzzer.faultOf(fuzzed);
  if (fault !== null) {
    faults++;
    process.stdout.write(`seed ${seed}, case ${number}: ${JSON.stringify(fuzzed)}\n  ${fault}\n`);
  }
  if (number % 100 === 0) {
    heapMax = Math.max(heapMax, process.memoryUsage().heapUsed);
    await setImmediate();
  }
}
const { answered, refused, slowest, slowestMs } = fuzzer.tally;
process.stdout.write(
  `${number - Number(values.from)} cases of seed ${seed}: ${answered} answered, ${refused} refused, ${faults} faults; ` +
    `heap up to ${Math.round(heapMax / 2 ** 20)} MiB; slowest ${Math.round(slowestMs)} ms: ${JSON.stringify(slowest)}\n`,
);
process.exitCode = faults > 0 ? 1 : 0;
