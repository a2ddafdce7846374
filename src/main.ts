import { constants, enableCompileCache, flushCompileCache } from 'node:module';
// Not by `import()`: compiled without a cache it is there sooner than with one that has to be asked for first.
import { startLogThread } from './server/start-log-thread.ts';
import { keepCompiledCode } from './std/compiled-code.ts';

// Before all the rest is loaded: what Node has compiled once it need not compile again at the next start. A build has its
// cache beside it, so that it goes with the build; where that can not be written, and for sources, it is Node's usual place.
// Names in it are relative to it: a build may be copied to where it runs.
const isBuilt = import.meta.filename.endsWith('.js');
let cache = enableCompileCache(isBuilt ? { directory: `${import.meta.dirname}/compile-cache`, portable: true } : {});
if (cache.status === constants.compileCacheStatus.FAILED) cache = enableCompileCache();
else if (isBuilt) process.env['NODE_COMPILE_CACHE_PORTABLE'] ??= '1';
// Where threads look for it before they load anything.
if (cache.directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= cache.directory;
// DNS, unpacking and files share libuv's threads; four of them are few for hundreds of targets. Read at their first use.
process.env['UV_THREADPOOL_SIZE'] ??= '16';

startLogThread(process.argv.slice(2));
// A reader of our output that goes away must not end the server.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const { run } = await import('./server/run.ts');
const { allPrinted } = await import('./server/standard-output.ts');
setTimeout(keepCode, 3000).unref();
const exitCode = await run(process.argv.slice(2));
await allPrinted();
process.exit(exitCode);

/** The cache of what is loaded by now is written for the next start, since a process that is killed writes none. */
function keepCode(): void {
  flushCompileCache();
  keepCompiledCode();
}
