import { connect, type Socket } from 'node:net';

/** Bytes that one read of the socket may bring; the buffer is used again for the next. */
const READ_BYTES = 1 << 20;
const LINE_END_BYTES = 2;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** What comes next of an answer; a chunk is taken together with the line end behind it. */
type Part = 'head' | 'body' | 'chunkSize' | 'chunk';

/**
 * A kept connection over which one GET at a time is asked, and whose answers are counted but not looked at. A client that
 * does more adds the same fixed time to every server, which hides how far apart they are.
 */
export class LeanConnection {
  readonly #host: string;
  readonly #socket: Socket;
  #part: Part = 'head';
  #head = '';
  /** Bytes that are missing of the body, or of the chunk and its line end. */
  #missing = 0;
  #chunkSize = 0;
  #bytes = 0;
  #kept: Buffer[] | null = null;
  #asked: PromiseWithResolvers<number> | null = null;

  /** Connects to the host and port of `url`. */
  static async open(url: string): Promise<LeanConnection> {
    const { hostname, port } = new URL(url);
    const connected = Promise.withResolvers<void>();
    const connection = new LeanConnection(hostname, Number(port), connected);
    await connected.promise;
    return connection;
  }

  private constructor(host: string, port: number, connected: PromiseWithResolvers<void>) {
    this.#host = `${host}:${port}`;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (size: number, bytes: Uint8Array) => {
        this.#read(bytes as Buffer, size);
        return true;
      },
    };
    this.#socket = connect({ host, port, noDelay: true, onread }, connected.resolve);
    const lost = (error: Error) => {
      connected.reject(error);
      this.#asked?.reject(error);
    };
    this.#socket.on('error', lost);
    this.#socket.on('close', () => lost(new Error(`${this.#host} closed the connection`)));
  }

  /** The bytes that ask for a path: made once, sent any number of times. */
  request(path: string): Buffer {
    return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept: */*\r\n\r\n`);
  }

  /** Resolves with the size of the body when all of it has come. Rejects where the status is not 200. */
  ask(request: Buffer): Promise<number> {
    if (this.#socket.destroyed) return Promise.reject(new Error(`${this.#host} closed the connection`));
    this.#asked = Promise.withResolvers();
    this.#part = 'head';
    this.#bytes = 0;
    this.#socket.write(request);
    return this.#asked.promise;
  }

  /** The body as a text. */
  async text(request: Buffer): Promise<string> {
    this.#kept = [];
    await this.ask(request);
    const text = Buffer.concat(this.#kept).toString();
    this.#kept = null;
    return text;
  }

  close(): void {
    this.#asked = null;
    this.#socket.destroy();
  }

  #read(bytes: Buffer, size: number): void {
    let at = this.#part === 'head' ? this.#readHead(bytes, size) : 0;
    while (at < size) {
      if (this.#part === 'chunkSize') {
        const byte = bytes[at++]!;
        if (byte === LINE_FEED) {
          this.#part = 'chunk';
          this.#missing = this.#chunkSize + LINE_END_BYTES;
        } else if (byte !== CARRIAGE_RETURN) {
          this.#chunkSize = 16 * this.#chunkSize + Number.parseInt(String.fromCharCode(byte), 16);
        }
        continue;
      }
      const taken = Math.min(this.#missing, size - at);
      const counted = this.#part === 'body' ? taken : Math.max(0, Math.min(taken, this.#missing - LINE_END_BYTES));
      this.#kept?.push(Buffer.from(bytes.subarray(at, at + counted)));
      this.#bytes += counted;
      this.#missing -= taken;
      at += taken;
      if (this.#missing > 0) return;
      // The last chunk is the empty one.
      if (this.#part === 'body' || this.#chunkSize === 0) {
        this.#done();
        return;
      }
      this.#part = 'chunkSize';
      this.#chunkSize = 0;
    }
  }

  /** Where in these bytes the body begins. */
  #readHead(bytes: Buffer, size: number): number {
    const before = this.#head.length;
    this.#head += bytes.toString('latin1', 0, size);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return size;
    const head = this.#head.slice(0, end);
    this.#head = '';
    const status = head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length);
    if (status !== '200') {
      this.#asked?.reject(new Error(`status ${status}: ${bytes.toString('utf8', 0, Math.min(size, 600))}`));
      return size;
    }
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#part = length === undefined ? 'chunkSize' : 'body';
    this.#missing = Number(length ?? 0);
    this.#chunkSize = 0;
    if (length === '0') this.#done();
    return end + 4 - before;
  }

  #done(): void {
    const asked = this.#asked;
    this.#asked = null;
    asked?.resolve(this.#bytes);
  }
}
