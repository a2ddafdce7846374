import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Small and short: shows that the bench works, its numbers mean nothing. */
  readonly smoke: boolean;
  /** Arguments `--peer NAME=PROGRAM`. */
  readonly peers: readonly string[];
  /** Only kernels or queries whose name contains it. */
  readonly only: string | null;
  readonly rounds: number;
  /** Further `--set name=number`: sizes of the bench at hand. */
  readonly sizes: ReadonlyMap<string, number>;
}

export function benchOptions(args: readonly string[]): { benches: string[]; options: BenchOptions } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      smoke: { type: 'boolean', default: false },
      peer: { type: 'string', multiple: true, default: [] },
      only: { type: 'string' },
      rounds: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
    },
  });
  const sizes = new Map<string, number>();
  for (const setting of values.set) {
    const [name, value] = setting.split('=');
    if (name === undefined || !value || !Number.isFinite(Number(value)))
      throw new Error(`Cannot read --set ${setting}: expected NAME=NUMBER`);
    sizes.set(name, Number(value));
  }
  const rounds = Number(values.rounds ?? (values.smoke ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`Cannot read --rounds ${values.rounds}: expected a number from 1 on`);
  return {
    benches: positionals,
    options: {
      smoke: values.smoke,
      peers: values.peer,
      only: values.only ?? null,
      rounds,
      sizes,
    },
  };
}
