import { FileSystemError } from '../../std/file-system.ts';
import { DamagedFile } from '../damaged-file.ts';

/**
 * `fault`: something that a reader would refuse, lose or tell wrongly. `note`: allowed, but worth knowing, as what a kill
 * leaves at the end of a log.
 */
export type FindingKind = 'fault' | 'note';

export interface Finding {
  readonly kind: FindingKind;
  readonly path: string;
  /** Bytes from the start of the file; null where it is about the file as a whole. */
  readonly offset: number | null;
  readonly reason: string;
}

/** Findings of one file that are told one by one; the rest of a file that is rotten throughout is only counted. */
const FINDINGS_PER_FILE = 100;

/** Passes findings on as they come, so that their number takes no memory. */
export class Findings {
  faults = 0;
  notes = 0;
  readonly #tell: (finding: Finding) => void;
  #path = '';
  #ofPath = 0;

  constructor(tell: (finding: Finding) => void) {
    this.#tell = tell;
  }

  fault(path: string, offset: number | null, reason: string): void {
    this.faults++;
    this.#add({ kind: 'fault', path, offset, reason });
  }

  note(path: string, offset: number | null, reason: string): void {
    this.notes++;
    this.#add({ kind: 'note', path, offset, reason });
  }

  /** Runs a check; damage and failing reads that it throws are faults. True where it ran to its end. */
  guard(path: string, check: () => void): boolean {
    try {
      check();
      return true;
    } catch (error) {
      if (error instanceof DamagedFile) this.fault(error.path, error.offset, error.reason);
      else if (error instanceof FileSystemError) this.fault(error.path || path, null, error.message);
      else throw error;
      return false;
    }
  }

  #add(finding: Finding): void {
    if (finding.path !== this.#path) {
      this.#path = finding.path;
      this.#ofPath = 0;
    }
    this.#ofPath++;
    if (this.#ofPath < FINDINGS_PER_FILE) this.#tell(finding);
    if (this.#ofPath === FINDINGS_PER_FILE) {
      this.#tell({ ...finding, offset: null, reason: 'there is more of this; it is counted and not told' });
    }
  }
}
