import { existsSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from './test-server.ts';

/**
 * Recorded answers of the reference, for requests that need no data: methods, redirects, unknown paths, management,
 * refused writes, formatting and parsing of queries. The comparison is the record's own.
 */
const FOLDER = '../shared/golden';
const isPresent = existsSync(FOLDER);
if (!isPresent) console.log(`skipped: no recorded answers in ${FOLDER}`);

const KINDS = [
  'api:method',
  'api:management',
  'api:write',
  'api:otlp',
  'api:federate',
  'api:format_query',
  'api:parse_query',
  'api:empty',
  'api:notifications',
  'api:metadata',
];

interface Entry {
  readonly id: string;
  readonly corpus: string;
  readonly tags: readonly string[];
  readonly unstable?: boolean;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly params?: readonly [string, string][];
    readonly form?: readonly [string, string][];
    readonly headers?: Record<string, string>;
    readonly body?: string;
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

type Compare = (entry: Entry, answer: Answer) => [string, string][];

let server: TestServer;
let compare: Compare;

beforeAll(async () => {
  if (!isPresent) return;
  server = await startTestServer();
  compare = (await import(pathToFileURL(resolve(FOLDER, 'lib/canon.mjs')).href)).compareEntry;
});

afterAll(() => server?.close());

describe.skipIf(!isPresent)('recorded answers', () => {
  test.each(KINDS)('%s', async (kind) => {
    const entries = recorded().filter(({ tags, unstable }) => tags.includes(kind) && unstable !== true);
    expect(entries.length).toBeGreaterThan(0);
    const differences: string[] = [];
    for (const entry of entries) {
      for (const [aspect, text] of compare(entry, await send(entry))) {
        differences.push(`${entry.id} ${entry.request.method} ${entry.request.path} ${aspect}: ${text}`);
      }
    }
    expect(differences).toEqual([]);
  });
});

let entries: Entry[] | null = null;

function recorded(): Entry[] {
  entries ??= gunzipSync(readFileSync(`${FOLDER}/recorded/promql-and-api.jsonl.gz`))
    .toString()
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry)
    .filter(({ corpus }) => corpus === 'api');
  return entries;
}

function send({ request }: Entry): Promise<Answer> {
  const { method, params, form, body } = request;
  const search = params === undefined ? '' : `?${encoded(params)}`;
  const headers: Record<string, string> = { ...request.headers };
  if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
  return new Promise((answer, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port: server.port, path: request.path + search, method, headers, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          const isJson = response.headers['content-type'] === 'application/json' && text !== '';
          answer({
            status: response.statusCode!,
            headers: response.headers as Record<string, string>,
            body: isJson ? JSON.parse(text) : text,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(form === undefined ? body : encoded(form));
  });
}

function encoded(pairs: readonly [string, string][]): string {
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}
