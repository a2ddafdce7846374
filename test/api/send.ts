import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { TestServer } from './test-server.ts';

/** An answer; `json` is empty where it is none. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  readonly json: { status?: string; data?: unknown; error?: string; errorType?: string; warnings?: string[] };
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly on?: TestServer;
}

/** Sends one request to `server`, unless another one is named, over a connection of its own. */
export function sendTo(
  server: TestServer,
  path: string,
  { method = 'GET', headers = {}, body, on = server }: SendOptions = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: on.port, path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString();
          const isJson =
            response.headers['content-type'] === 'application/json' && !response.headers['content-encoding'];
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            bytes,
            text,
            json: isJson ? JSON.parse(text) : {},
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** What sends `body` as a form. */
export function formOptions(body: string): SendOptions {
  return { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body };
}
