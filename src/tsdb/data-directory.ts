/** Every path below the data directory, in one place. What the files are: docs/internals/data-directory.md. */
export interface DataDirectory {
  readonly root: string;
  readonly lock: string;
  readonly wal: string;
  /** Damaged bytes of the log, set aside. */
  readonly walDamaged: string;
  /** Log of out-of-order samples. */
  readonly wbl: string;
  /** Damaged bytes of that log, set aside. */
  readonly wblDamaged: string;
  /** Sealed chunks of the head. */
  readonly chunksHead: string;
  /** Copies that the admin API made, one directory each. */
  readonly snapshots: string;
  /** What targets said of their metrics last. */
  readonly targetMetadata: string;
  /** The head as it stood at some place of the log, for a quick start. */
  readonly headImage: string;
  /** The queries that run. */
  readonly queriesActive: string;
  /** Written and removed to see whether a disk that failed takes writes again; beside the log, which needs it most. */
  readonly writeProbe: string;
}

/** The paths below `root`, which may end with slashes. */
export function dataDirectory(root: string): DataDirectory {
  const base = root.replace(/\/+$/, '');
  return {
    root,
    lock: `${base}/lock`,
    wal: `${base}/wal`,
    walDamaged: `${base}/wal-damaged`,
    wbl: `${base}/wbl`,
    wblDamaged: `${base}/wbl-damaged`,
    chunksHead: `${base}/chunks_head`,
    snapshots: `${base}/snapshots`,
    targetMetadata: `${base}/target_metadata`,
    headImage: `${base}/head_image`,
    queriesActive: `${base}/queries.active`,
    writeProbe: `${base}/wal/write-probe.tmp`,
  };
}
