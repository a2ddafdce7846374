import { systemClock } from '../../std/clock.ts';
import { type Given, valueFlag } from './command-tree.ts';
import { ApiClient, ApiError } from './query-client.ts';

/** Flags of commands that ask a server. */
export const HTTP_CONFIG = valueFlag(
  'http.config.file',
  'FILE',
  'HTTP client configuration file: the client fields of a scrape configuration.',
);
export const HEADER = valueFlag('header', 'KEY=VALUE', 'Extra header to send to the server.', { repeatable: true });

/** Prints what `ask` gives, or why there is no answer. */
export async function answered(given: Given, ask: (client: ApiClient) => Promise<string>): Promise<number> {
  const client = ApiClient.open({
    server: given.flag('server') ?? given.args[0]!,
    headers: given.flags(HEADER.name),
    settingsFile: given.flag('http.config.file'),
    clock: systemClock,
  });
  try {
    process.stdout.write(await ask(client));
    return 0;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    process.stderr.write(`query error: ${error.message}\n`);
    return 1;
  } finally {
    client.close();
  }
}
