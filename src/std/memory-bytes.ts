import { totalmem } from 'node:os';

/** Memory of the host, or of the control group that the process is in, where that is less. */
export function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
