import { resolve } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { systemClock } from '../std/clock.ts';
import { createLog } from '../telemetry/line-log.ts';
import { readBuildInfo, versionText } from './build-info.ts';
import { COMMANDS } from './commands/commands.ts';
import { noteFeatures } from './feature-notes.ts';
import { CommandLineError, commandLineFromArguments } from './flags/command-line.ts';
import { flagsMarkdown, helpText } from './flags/help.ts';
import { optionsFromCommandLine, type ServerOptions } from './flags/options.ts';
import { StartFailure } from './start-failure.ts';

/** Runs the program with the arguments behind its name, to its end. Gives the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const words = commandLine(args);
  const word = words[0] ?? '';
  if (Object.hasOwn(COMMANDS, word)) return COMMANDS[word]!.run(words.slice(1));
  let options: ServerOptions;
  try {
    const line = commandLineFromArguments(args);
    if (line.action === 'help') return print(helpText());
    if (line.action === 'version') return print(versionText(readBuildInfo()));
    if (line.action === 'documentation') return print(`${flagsMarkdown()}\n`);
    options = optionsFromCommandLine(line);
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint === null ? '' : `narthex: ${error.hint}\n`}`);
    return error.exitCode;
  }
  const log = createLog({ ...options.log, clock: systemClock, write: (line) => process.stderr.write(line) });
  noteFeatures(options.features, log);
  for (const warning of options.warnings) log.warn(warning);
  try {
    // Loaded only now: `--version` and mistakes on the command line need none of the parts.
    const { serve } = await import('./serve.ts');
    return await serve(options, log);
  } catch (error) {
    if (error instanceof StartFailure) {
      log.error(error.message);
      return error.exitCode;
    }
    if (error instanceof ConfigError) {
      const { file } = options.config;
      log.error(`Error loading config (--config.file=${file})`, { file: resolve(file), err: error.message });
      return 2;
    }
    throw error;
  }
}

/**
 * promtool has some of the commands behind `--experimental`, and takes that and the features of PromQL before them too: a line that
 * was written for it works as it stands.
 */
function commandLine(args: readonly string[]): readonly string[] {
  const features: string[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--enable-feature') features.push(`${arg}=${args[++at]}`);
    else if (arg.startsWith('--enable-feature=')) features.push(arg);
    else if (arg !== '--experimental') break;
  }
  const word = args[at] ?? '';
  if (!Object.hasOwn(COMMANDS, word)) return args;
  return [word, ...(word === 'promql' ? features : []), ...args.slice(at + 1)];
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
