/** The flags of V8 that `bin/narthex` starts a server with. */
export const SERVER_FLAGS: readonly string[] = ['--max-semi-space-size=4', '--v8-pool-size=0'];

/** What it says to glibc's malloc, which decides how much of what queries used comes back. */
export const SERVER_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};
