/** The flags of V8 that `bin/narthex` starts a server with. */
export const SERVER_FLAGS: readonly string[] = ['--max-semi-space-size=4', '--v8-pool-size=0'];
