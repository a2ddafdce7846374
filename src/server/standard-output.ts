/** Prints text; resolves when the reader is ready for more, or gone. */
export function printed(text: string): Promise<void> {
  return new Promise((resolve) => {
    // Errors come here too: a reader that goes away has seen what it wanted.
    if (process.stdout.write(text, () => resolve())) resolve();
  });
}

/** Resolves when all that was printed has left the process: ending it earlier would cut a pipe's last 64 KiB off. */
export function allPrinted(): Promise<void> {
  return new Promise((resolve) => process.stdout.write('', () => resolve()));
}
