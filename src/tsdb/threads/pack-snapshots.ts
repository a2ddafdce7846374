import type { HeadSnapshot } from '../head/head-snapshot.ts';

/**
 * Longer arrays keep their buffers, bytes. Moving a buffer takes each side some microseconds, and a message of many looks for each
 * among all others: 96,000 empty arrays took the main thread three seconds.
 */
const PACKED_BYTES_MAX = 4096;
/** Those of fewer snapshots are moved as they are, which takes as long as copying them. */
const PACKED_SNAPSHOTS_MIN = 4;
/** Every array begins where any kind of it may. */
const ALIGNMENT = 8;

type Column = Uint8Array | Uint32Array | Float64Array;

/** Snapshots as they go into one message, and the buffers that are moved with it: nobody else may use them any more. */
export interface PackedSnapshots {
  readonly snapshots: readonly HeadSnapshot[];
  readonly moved: readonly ArrayBuffer[];
}

/** Copies the short arrays of snapshots into one buffer where these are many, and lists the buffers of the others. */
export function packSnapshots(snapshots: readonly HeadSnapshot[]): PackedSnapshots {
  const packedMax = snapshots.length < PACKED_SNAPSHOTS_MIN ? -1 : PACKED_BYTES_MAX;
  const moved = new Set<ArrayBuffer>();
  let size = 0;
  for (const snapshot of snapshots) {
    for (const columns of [snapshot, snapshot.deleted, snapshot.late, snapshot.newest]) {
      // What is no array in them does not matter here.
      for (const column of columns === null ? [] : Object.values(columns)) {
        if (!isColumn(column)) continue;
        if (column.byteLength <= packedMax) size += alignedSize(column);
        else if (column.buffer instanceof ArrayBuffer) moved.add(column.buffer);
      }
    }
  }
  if (size === 0) return { snapshots, moved: [...moved] };
  const packer = new Packer(size);
  return { snapshots: snapshots.map((snapshot) => packed(snapshot, packer)), moved: [...moved, packer.buffer] };
}

function packed(snapshot: HeadSnapshot, packer: Packer): HeadSnapshot {
  const { deleted, late, newest } = snapshot;
  return {
    ...packer.columns(snapshot),
    deleted: deleted === null ? null : packer.columns(deleted),
    late: late === null ? null : packer.columns(late),
    newest: newest === null ? null : packer.columns(newest),
  };
}

/** Fills a buffer with arrays. */
class Packer {
  readonly buffer: ArrayBuffer;
  #at = 0;

  constructor(size: number) {
    this.buffer = new ArrayBuffer(size);
  }

  /** A copy of a record whose short arrays lie in the buffer. */
  columns<Columns extends object>(columns: Columns): Columns {
    const packed: Record<string, unknown> = {};
    for (const [name, column] of Object.entries(columns)) {
      packed[name] = isColumn(column) && column.byteLength <= PACKED_BYTES_MAX ? this.#copy(column) : column;
    }
    return packed as Columns;
  }

  #copy(column: Column): Column {
    const at = this.#at;
    this.#at += alignedSize(column);
    if (column instanceof Uint32Array) return copied(column, new Uint32Array(this.buffer, at, column.length));
    if (column instanceof Uint8Array) return copied(column, new Uint8Array(this.buffer, at, column.length));
    return copied(column, new Float64Array(this.buffer, at, column.length));
  }
}

function copied<Kind extends Column>(from: Kind, to: Kind): Kind {
  to.set(from);
  return to;
}

function isColumn(value: unknown): value is Column {
  return value instanceof Uint32Array || value instanceof Uint8Array || value instanceof Float64Array;
}

function alignedSize({ byteLength }: Column): number {
  return Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
}
