import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../telemetry/log.ts';
import { reachableAddress } from './built-in-configuration.ts';
import { compose, type Parts } from './compose.ts';
import type { ServerOptions } from './flags/options.ts';
import { RunningServer } from './running-server.ts';

/** A stop takes at most so long; what is not done then is left to the next start, which replays the log. */
const STOP_MS_MAX = 1900;

/** Runs a server until it is asked to stop. Gives the exit code; throws StartFailure and ConfigError. */
export async function serve(options: ServerOptions, log: Log): Promise<number> {
  const parts = compose(options, log);
  log.info('Starting Narthex', { version: parts.build.narthexVersion, reference: parts.build.version });
  const stopWanted = Promise.withResolvers<string>();
  const server = new RunningServer(parts, options, () => stopWanted.resolve('request'));
  const release = handleSignals(server, log, stopWanted.resolve);
  countUnexpectedErrors(parts);
  try {
    const started = server.start((addresses) => announce(parts, options, addresses));
    const reason = await Promise.race([stopWanted.promise, started.then(() => stopWanted.promise)]);
    log.warn('Received a request to stop, exiting gracefully...', { reason });
    return await stopInTime(server, log);
  } catch (error) {
    // What went wrong is told by the caller; the data directory must be free before.
    await Promise.race([server.stop(), sleep(STOP_MS_MAX)]);
    throw error;
  } finally {
    release();
  }
}

/** The one line on standard output. */
function announce(parts: Parts, options: ServerOptions, addresses: readonly string[]): void {
  const prefix = options.web.routePrefix === '/' ? '/' : `${options.web.routePrefix}/`;
  const urls = addresses.map((address) => `http://${reachableAddress(address)}${prefix}`);
  process.stdout.write(`Narthex ${parts.build.narthexVersion} listens on ${urls.join(' and ')}\n`);
}

/** The first SIGTERM or SIGINT asks for a stop, the second ends the process at once; SIGHUP reloads. */
function handleSignals(server: RunningServer, log: Log, wantStop: (reason: string) => void): () => void {
  let asked = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
    asked = true;
    wantStop(signal);
  };
  const reload = (): void => {
    try {
      server.reload();
    } catch (error) {
      log.debug('Reload by signal failed', { err: error });
    }
  };
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', reload);
  return () => process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', reload);
}

/** A fault of ours costs the request or the scrape it happened in, not the server: it is logged and counted. */
function countUnexpectedErrors(parts: Parts): void {
  const counter = parts.registry
    .counter({ name: 'narthex_unexpected_errors_total', help: 'Faults of the program itself that nothing caught.' })
    .with();
  const note = (error: unknown): void => {
    counter.inc();
    const stack = error instanceof Error ? error.stack : String(error);
    parts.log.error('Unexpected error', { err: error, stack });
  };
  process.on('uncaughtException', note).on('unhandledRejection', note);
}

async function stopInTime(server: RunningServer, log: Log): Promise<number> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), STOP_MS_MAX);
  try {
    if ((await Promise.race([server.stop(), late.promise])) === 'late') {
      log.error('The server did not stop in time; the next start replays what is in the log');
      return 1;
    }
    log.info('See you next time!');
    return 0;
  } catch (error) {
    log.error('The server stopped with an error', { err: error });
    return 1;
  } finally {
    clearTimeout(timer);
  }
}
