/** A request without a usable answer. The message is the one that the reference shows for the same failure. */
export class HttpClientError extends Error {
  override readonly name = 'HttpClientError';
  /** The code of the failure below, e.g. `ECONNREFUSED`, or `TIMEOUT`, `ABORTED`, `TOO_MANY_REDIRECTS`. */
  readonly code: string;

  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export type RequestPhase = 'head' | 'body';

/**
 * Words a failure as the reference does: `Get "http://host/": dial tcp 127.0.0.1:1: connect: connection refused` until
 * the answer's head is there, only the reason while its body is read.
 */
export function clientError(error: unknown, method: string, url: string, phase: RequestPhase): HttpClientError {
  const first = firstOf(error);
  const reason = reasonOf(first, phase);
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  const message = phase === 'head' ? `${verb} ${JSON.stringify(url)}: ${reason}` : reason;
  return new HttpClientError(message, codeOf(first), error);
}

interface SystemError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
  readonly hostname?: unknown;
  readonly message?: unknown;
  readonly errors?: readonly unknown[];
}

/** A host with several addresses fails with one error for each; the reference shows the first. */
function firstOf(error: unknown): SystemError {
  const system = (error ?? {}) as SystemError;
  return system.errors !== undefined && system.errors.length > 0 ? firstOf(system.errors[0]) : system;
}

function codeOf(error: SystemError): string {
  return typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

const CONNECT_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'cannot assign requested address',
};

function reasonOf(error: SystemError, phase: RequestPhase): string {
  const code = codeOf(error);
  const message = typeof error.message === 'string' && error.message !== '' ? error.message : code;
  switch (code) {
    case 'TIMEOUT':
      return 'context deadline exceeded';
    case 'ABORTED':
      return 'context canceled';
    case 'TOO_MANY_REDIRECTS':
      return message;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${String(error.hostname)}: no such host`;
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${String(error.hostname)}: server misbehaving`;
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'dial tcp: i/o timeout';
    case 'ECONNRESET':
      return 'read: connection reset by peer';
    case 'EPIPE':
      return 'write: broken pipe';
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return phase === 'head' ? 'EOF' : 'unexpected EOF';
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'net/http: server response headers exceeded 1048576 bytes; aborted';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    case 'CERT_HAS_EXPIRED':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: ${message}`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'http: server gave HTTP response to HTTPS client';
  }
  const connect = CONNECT_REASONS[code];
  if (connect !== undefined && error.syscall === 'connect') {
    return `dial tcp ${hostPort(String(error.address), error.port)}: connect: ${connect}`;
  }
  if (code.startsWith('HPE_') || error.name === 'HTTPParserError')
    return `net/http: HTTP/1.x transport connection broken: malformed HTTP response: ${message}`;
  return message;
}

function hostPort(address: string, port: unknown): string {
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}
