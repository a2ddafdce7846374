import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Runs the replay exporter in a process of its own, so that its CPU time is not the bench's. */
export async function spawnReplayExporter(): Promise<{ port: number; stop(): void }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'replay-exporter.ts')], {
    // It ends with its input: whatever becomes of the bench, it does not stay behind.
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(Number(data.toString())));
    child.once('exit', (code) => reject(new Error(`The replay exporter ended with ${code}`)));
  });
  return {
    port,
    stop() {
      child.kill();
    },
  };
}
