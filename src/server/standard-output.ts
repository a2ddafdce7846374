/** Whoever read the output has gone; what is left to print is for nobody. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** How a shell tells of a command that ended because its reader had gone: 128 and the number of SIGPIPE. */
export const READER_GONE_EXIT = 141;

/** Prints text; resolves when the reader is ready for more. Rejects with `ReaderGone`. */
export function printed(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const isReady = process.stdout.write(text, (error) => {
      if (error) reject(new ReaderGone('the reader of the output has gone'));
      else resolve();
    });
    if (isReady) resolve();
  });
}

/** Resolves when all that was printed has left the process: ending it earlier would cut a pipe's last 64 KiB off. */
export function allPrinted(): Promise<void> {
  return new Promise((resolve) => process.stdout.write('', () => resolve()));
}
