import { FileSystemError } from './file-system.ts';

export type OperationName =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'list'
  | 'create directory'
  | 'rename'
  | 'link'
  | 'remove'
  | 'inspect'
  | 'sync directory'
  | 'lock';

/** One call that reached the file system, in the order of calls. Closing is none: it can not fail usefully. */
export interface Operation {
  /** From 1 on: what `failAt` counts. */
  readonly call: number;
  readonly name: OperationName;
  readonly path: string;
  /** Bytes of a read or write, the new size of a truncation, 0 otherwise. */
  readonly size: number;
}

/**
 * What happens instead of an operation. `error`: it fails with this code and does nothing. `short`: a write takes so
 * many bytes only. `death`: the process ends there, a write having taken `written` bytes; this call and all later ones
 * throw `ProcessDied`.
 */
export type Fault =
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'short'; readonly written: number }
  | { readonly kind: 'death'; readonly written: number };

/** The simulated process is dead; what the code under test does with this is of no consequence. */
export class ProcessDied extends Error {
  override readonly name = 'ProcessDied';
}

/** Counts the operations of a memory file system and makes the planned ones fail. */
export class FaultPlan {
  readonly operations: Operation[] = [];
  readonly #faults = new Map<number, Fault>();
  #dead = false;

  failAt(call: number, fault: Fault): void {
    this.#faults.set(call, fault);
  }

  /** To be called at the start of each operation that is not a write; throws what the operation is to throw. */
  step(name: OperationName, path: string, size = 0): void {
    const fault = this.#next(name, path, size);
    if (fault?.kind === 'error') throw failure(name, path, fault.code);
    if (fault?.kind === 'death') this.die();
  }

  /** For a write of `size` bytes: lets `write` take all of them or the fault's share, and returns how many. */
  write(path: string, size: number, write: (count: number) => void): number {
    const fault = this.#next('write', path, size);
    if (fault?.kind === 'error') throw failure('write', path, fault.code);
    const count = fault === undefined ? size : Math.min(size, fault.written);
    write(count);
    if (fault?.kind === 'death') this.die();
    return count;
  }

  die(): never {
    this.#dead = true;
    throw new ProcessDied('the process is dead');
  }

  throwIfDead(): void {
    if (this.#dead) this.die();
  }

  #next(name: OperationName, path: string, size: number): Fault | undefined {
    this.throwIfDead();
    const call = this.operations.length + 1;
    this.operations.push({ call, name, path, size });
    return this.#faults.get(call);
  }
}

/** The error that a real disk would give for this code. */
export function failure(action: string, path: string, code: string): FileSystemError {
  return new FileSystemError(action, path, Object.assign(new Error(code), { code }));
}
