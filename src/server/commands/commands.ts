/** A command beside the server itself: `narthex <name> ...`. Its parts are loaded when it is called. */
export interface MainCommand {
  /** One sentence. */
  readonly help: string;
  /** Runs it with the arguments behind its name; gives the exit code. */
  run(args: readonly string[]): Promise<number>;
}

/** Every command, by the word that stands first on the command line. */
export const COMMANDS: Readonly<Record<string, MainCommand>> = {
  promql: {
    help: 'Format, edit, explain and test PromQL.',
    run: async (args) => (await import('./promql.ts')).runPromql(args),
  },
  query: {
    help: 'Ask a server, or a data directory without one.',
    run: async (args) => (await import('./query.ts')).runQuery(args),
  },
  tsdb: {
    help: 'Check data directories, print what they hold, and fill them.',
    run: async (args) => (await import('./tsdb.ts')).runTsdb(args),
  },
};
