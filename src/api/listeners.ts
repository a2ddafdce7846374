import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hostAndPort } from '../http/listen-address.ts';
import { nodeHttp } from '../std/node-http.ts';

export interface ListenerOptions {
  /** Connections served at once, over all listeners. At the limit idle ones are closed; then new ones are refused. */
  readonly connectionsMax: number;
  /** Time to read a whole request, and the time an idle connection is kept. */
  readonly readTimeoutMs: number;
  onConnection(): void;
  onClose(): void;
}

export interface Listeners {
  /** Binds an address that `hostAndPort` can read; rejects with the system's error. Gives the bound address. */
  listen(address: string): Promise<string>;
  /** Stops accepting, lets running requests end for at most `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

/** Bytes of request headers, the reference's limit; beyond it the answer is 431. */
const HEADER_BYTES_MAX = 1024 * 1024;

/** HTTP servers on any number of addresses that share one handler and one count of connections. */
export function createListeners(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  options: ListenerOptions,
): Listeners {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();

  /** Sockets that were destroyed this very moment still wait for their `close`. */
  const liveCount = (): number => {
    let count = 0;
    for (const socket of sockets) if (!socket.destroyed) count++;
    return count;
  };
  const admit = (socket: Socket): void => {
    if (sockets.size >= options.connectionsMax) {
      for (const server of servers) server.closeIdleConnections();
      if (liveCount() >= options.connectionsMax) {
        socket.destroy();
        return;
      }
    }
    sockets.add(socket);
    options.onConnection();
    socket.once('close', () => {
      sockets.delete(socket);
      options.onClose();
    });
  };

  return {
    async listen(address) {
      const place = hostAndPort(address);
      if (place === null) throw new TypeError(`not an address: ${address}`);
      const server = nodeHttp.createServer(
        {
          maxHeaderSize: HEADER_BYTES_MAX,
          requestTimeout: options.readTimeoutMs,
          headersTimeout: options.readTimeoutMs,
          keepAliveTimeout: options.readTimeoutMs,
          // Finds out about peers that vanished without a word.
          keepAlive: true,
          noDelay: true,
        },
        handle,
      );
      // The number of headers is bounded by their size alone.
      server.maxHeadersCount = 0;
      server.on('connection', admit);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(place, () => {
          server.off('error', reject);
          resolve();
        });
      });
      servers.push(server);
      const bound = server.address() as AddressInfo;
      return bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`;
    },

    async close(graceMs) {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      for (const server of servers) server.closeIdleConnections();
      const timer = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, graceMs);
      await Promise.all(closed);
      clearTimeout(timer);
    },
  };
}
