import { createServer, type Server } from 'node:http';

/**
 * An exporter whose values are a function of series and step alone. Each client (the `client` parameter of the scrape)
 * has a step counter of its own for each target path, which every scrape moves on by one: two servers that scrape it see
 * the same values at the same step, whenever they come.
 *
 * A target is a path `/metrics/N`; `?client=NAME&series=M` in the query string. `/arrivals?client=NAME` gives the times
 * (ms) at which the client's scrapes came, by target, and forgets them.
 */
export async function startReplayExporter(): Promise<{ port: number; close(): Promise<void> }> {
  const bodies = new Map<string, TargetBody>();
  const arrivals: Arrivals = new Map();
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const client = url.searchParams.get('client') ?? '';
    if (url.pathname === '/arrivals') {
      response.end(JSON.stringify(Object.fromEntries(arrivals.get(client) ?? [])));
      arrivals.delete(client);
      return;
    }
    noteArrival(arrivals, client, url.pathname);
    const key = `${url.pathname} ${client}`;
    let body = bodies.get(key);
    if (body === undefined) {
      body = new TargetBody(Number(url.searchParams.get('series') ?? 100));
      bodies.set(key, body);
    }
    const bytes = body.next();
    response.writeHead(200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': bytes.length,
    });
    response.end(bytes);
  });
  server.keepAliveTimeout = 300_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Cannot listen');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Client -> target -> when its scrapes came, ms. */
type Arrivals = Map<string, Map<string, number[]>>;

function noteArrival(arrivals: Arrivals, client: string, target: string): void {
  let targets = arrivals.get(client);
  if (targets === undefined) arrivals.set(client, (targets = new Map()));
  const times = targets.get(target);
  if (times === undefined) targets.set(target, [performance.now()]);
  else times.push(performance.now());
}

/** Digits of each value in the body; the number is rewritten in place from scrape to scrape. */
const VALUE_DIGITS = 10;

/** Series of one family, as exporters print them: a histogram-like block of routes and codes. */
const SERIES_PER_FAMILY = 50;

/** The value of a series at a step: a counter with a speed of its own, exact in ten digits for 10,000 steps. */
export function replayValue(series: number, step: number): number {
  return 1_000_000_000 + series * 1000 + step * (1 + (series % 97));
}

class TargetBody {
  #step = 0;
  readonly #bytes: Buffer;
  readonly #valueOffsets: Uint32Array;

  constructor(seriesCount: number) {
    this.#valueOffsets = new Uint32Array(seriesCount);
    const lines: string[] = ['# HELP replay_step Scrapes of this target by this client.\n# TYPE replay_step gauge\n'];
    let length = lines[0]!.length;
    const push = (text: string): void => {
      lines.push(text);
      length += text.length;
    };
    push('replay_step ');
    const stepOffset = length;
    push(`${'0'.repeat(VALUE_DIGITS)}\n`);
    for (let series = 0; series < seriesCount; series++) {
      const family = Math.floor(series / SERIES_PER_FAMILY);
      const name = `replay_requests_${family}_total`;
      if (series % SERIES_PER_FAMILY === 0)
        push(`# HELP ${name} Requests by route and code.\n# TYPE ${name} counter\n`);
      const member = series % SERIES_PER_FAMILY;
      push(
        `${name}{method="${member % 2 === 0 ? 'GET' : 'POST'}",route="/api/v1/resource/${member}",code="${200 + (member % 5)}"} `,
      );
      this.#valueOffsets[series] = length;
      push(`${'0'.repeat(VALUE_DIGITS)}\n`);
    }
    this.#bytes = Buffer.from(lines.join(''), 'latin1');
    this.#stepOffset = stepOffset;
  }

  readonly #stepOffset: number;

  next(): Buffer {
    const step = this.#step++;
    writeDigits(this.#bytes, this.#stepOffset, step);
    const offsets = this.#valueOffsets;
    for (let series = 0; series < offsets.length; series++) {
      writeDigits(this.#bytes, offsets[series]!, replayValue(series, step));
    }
    return Buffer.from(this.#bytes);
  }
}

function writeDigits(bytes: Buffer, offset: number, value: number): void {
  for (let digit = VALUE_DIGITS - 1, rest = value; digit >= 0; digit--, rest = Math.floor(rest / 10)) {
    bytes[offset + digit] = 48 + (rest % 10);
  }
}

if (process.argv[1] === import.meta.filename) {
  const exporter = await startReplayExporter();
  process.stdout.write(`${exporter.port}\n`);
  process.stdin.once('end', () => process.exit()).resume();
}
