import { spawnSync } from 'node:child_process';

const BENCHES = [
  'kernels',
  'scrape',
  'remote-write',
  'query',
  'query-growth',
  'startup',
  'tsdb',
  'compaction',
  'scrape-under-query-load',
];

/** Everything that must hold before a change goes in, cheapest first; stops at the first that does not. */
const STEPS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['types', ['npm', 'run', '-s', 'typecheck']],
  ['lint', ['npm', 'run', '-s', 'lint']],
  ['layers', ['npm', 'run', '-s', 'layers']],
  ['tests', ['npm', 'test', '-s']],
  ['smoke benches', ['npm', 'run', '-s', 'bench', '--', ...BENCHES, '--smoke']],
];

for (const [name, [program, ...args]] of STEPS) {
  const started = performance.now();
  const { status } = spawnSync(program!, args, { stdio: 'inherit' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status !== 0) {
    console.error(`not ok: ${name} (after ${seconds} s)`);
    process.exit(1);
  }
  console.log(`ok: ${name} (${seconds} s)`);
}
