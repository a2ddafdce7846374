import { functionImplementations } from '../../promql/functions/registry.ts';
import { parsePromqlScript, ScriptSyntaxError } from '../../promql/script/promql-script.ts';
import { type EvalOutcome, runPromqlScript } from '../../promql/script/run-promql-script.ts';
import { scriptEngine } from '../../promql/script/script-engine.ts';
import { systemClock } from '../../std/clock.ts';
import { FileSystemError } from '../../std/file-system.ts';
import { nodeFiles } from '../../std/node-files.ts';

/** Runs scripts one after the other and prints what failed as `FILE:LINE: query`. Gives 1 where anything did. */
export async function testScripts(files: readonly string[]): Promise<number> {
  let allPass = true;
  for (const file of files) allPass = (await testScript(file)) && allPass;
  return allPass ? 0 : 1;
}

async function testScript(file: string): Promise<boolean> {
  const evaluate = scriptEngine(functionImplementations, systemClock);
  let outcomes: readonly EvalOutcome[];
  try {
    const text = new TextDecoder().decode(nodeFiles.readFileSync(file));
    outcomes = await runPromqlScript(parsePromqlScript(text), evaluate);
  } catch (error) {
    if (error instanceof ScriptSyntaxError) {
      process.stderr.write(`${file}:${error.place}: ${error.detail}\n`);
      return false;
    }
    if (!(error instanceof FileSystemError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return false;
  }
  const failed = outcomes.filter(({ result }) => result !== 'pass');
  for (const { command, detail } of failed) {
    process.stderr.write(`${file}:${command.line}: ${command.text}\n    ${detail.replaceAll('\n', '\n    ')}\n`);
  }
  const passed = outcomes.length - failed.length;
  process.stdout.write(`${file}: ${passed} of ${outcomes.length} evaluations pass\n`);
  return failed.length === 0;
}
