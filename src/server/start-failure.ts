/** Why the server can not start: one sentence for the operator and the code to end with. */
export class StartFailure extends Error {
  override name = 'StartFailure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The sentence for an address that can not be listened on. */
export function listenFailure(address: string, error: unknown): StartFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  const cause = LISTEN_CAUSES[code ?? ''] ?? message;
  const text = message.startsWith('Cannot listen') ? message : `Cannot listen on ${address}: ${cause}`;
  return new StartFailure(text, 1, { cause: error });
}

/** The sentence for a data directory that can not be used. */
export function storageFailure(directory: string, error: unknown): StartFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  const advice = STORAGE_ADVICE[code ?? ''] ?? '';
  const subject = message.includes(directory.replace(/\/+$/, '')) ? '' : ` (data directory ${directory})`;
  return new StartFailure(`${message}${subject}${advice}`, 1, { cause: error });
}

const LISTEN_CAUSES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there already; stop it or choose another --web.listen-address',
  EACCES: 'permission denied; ports below 1024 need privileges',
  EADDRNOTAVAIL: 'this host has no such address',
  ENOTFOUND: 'the host name is not known',
};

const STORAGE_ADVICE: Readonly<Record<string, string>> = {
  ELOCKED: '; stop it or choose another --storage.tsdb.path',
  EACCES: '; make it writable or choose another --storage.tsdb.path',
  EROFS: '; choose another --storage.tsdb.path',
  ENOTDIR: '; choose another --storage.tsdb.path',
  EEXIST: '; choose another --storage.tsdb.path',
};
