import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { functionImplementations } from '../../src/promql/functions/registry.ts';
import { parsePromqlScript } from '../../src/promql/script/promql-script.ts';
import { type EvalOutcome, runPromqlScript } from '../../src/promql/script/run-promql-script.ts';
import { scriptEngine } from '../../src/promql/script/script-engine.ts';
import { systemClock } from '../../src/std/clock.ts';

/**
 * Runs the PromQL test scripts of the reference and of other engines, which lie beside the repository, and holds the
 * number of evaluations that pass to `floor.json`.
 *
 * `NARTHEX_CONFORMANCE=failures` prints what failed, `=unsupported` also what the engine says it can not do yet;
 * `=raise` writes the numbers reached into the floor file, which may only rise.
 */
const MODE = process.env['NARTHEX_CONFORMANCE'] ?? '';
const SCRIPTS = new URL('../../../shared/conformance/', import.meta.url);
const FLOOR = new URL('./floor.json', import.meta.url);
const SUITES = ['promql', 'promql-more'];
/** A whole script, on a machine that does other things too. */
const SCRIPT_TIMEOUT_MS = 300_000;

const floor = JSON.parse(readFileSync(FLOOR, 'utf8')) as Record<string, number>;
const evaluate = scriptEngine(functionImplementations, systemClock);

interface Count {
  readonly script: string;
  pass: number;
  fail: number;
  unsupported: number;
}

for (const suite of SUITES) {
  const directory = new URL(`${suite}/`, SCRIPTS);
  describe.skipIf(!existsSync(directory))(`scripts of ../shared/conformance/${suite}`, () => {
    const counts: Count[] = [];
    const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.test')) : [];
    test.each(names)('%s', { timeout: SCRIPT_TIMEOUT_MS }, async (name) => {
      const script = `${suite}/${name}`;
      const commands = parsePromqlScript(readFileSync(new URL(name, directory), 'utf8'));
      const outcomes = await runPromqlScript(commands, evaluate);
      expect(outcomes).toHaveLength(commands.filter(({ kind }) => kind === 'eval').length);
      const count = countOf(script, outcomes);
      counts.push(count);
      printDetails(script, outcomes);
      expect(
        count.pass,
        `evaluations of ${script} that pass; details: NARTHEX_CONFORMANCE=failures`,
      ).toBeGreaterThanOrEqual(floor[script] ?? 0);
    });
    afterAll(() => {
      process.stdout.write(`${table(suite, counts)}\n`);
      if (MODE === 'raise') raiseFloor(counts);
    });
  });
}

function countOf(script: string, outcomes: readonly EvalOutcome[]): Count {
  const of = (wanted: EvalOutcome['result']) => outcomes.filter(({ result }) => result === wanted).length;
  return { script, pass: of('pass'), fail: of('fail'), unsupported: of('not supported') };
}

function printDetails(script: string, outcomes: readonly EvalOutcome[]): void {
  for (const { command, result, detail } of outcomes) {
    const shown =
      result === 'fail' ? MODE !== '' && MODE !== 'raise' : result === 'not supported' && MODE === 'unsupported';
    if (shown) process.stdout.write(`${script}:${command.line}: ${command.text}\n    ${result}: ${detail}\n`);
  }
}

function table(suite: string, counts: readonly Count[]): string {
  const total: Count = { script: `${suite}: total`, pass: 0, fail: 0, unsupported: 0 };
  for (const { pass, fail, unsupported } of counts) {
    total.pass += pass;
    total.fail += fail;
    total.unsupported += unsupported;
  }
  const line = ({ script, pass, fail, unsupported }: Count) =>
    `${script.padEnd(58)} ${String(pass).padStart(5)} pass ${String(fail).padStart(4)} fail ${String(unsupported).padStart(4)} not supported`;
  return [...counts, total].map(line).join('\n');
}

/** Raises the floor; a number never falls, so that a broken run can not hide what worked before. */
function raiseFloor(counts: readonly Count[]): void {
  for (const { script, pass } of counts) floor[script] = Math.max(floor[script] ?? 0, pass);
  const sorted = Object.fromEntries(Object.entries(floor).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FLOOR, `${JSON.stringify(sorted, null, 2)}\n`);
}
