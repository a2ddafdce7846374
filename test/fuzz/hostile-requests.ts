import { requestBytes } from '../api/read-message.ts';

/** What a client may send beside queries: all of it meets the main thread first. */
export interface HostileRequest {
  readonly name: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const READ = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
const MEGABYTE = 2 ** 20;
const REGEX = 2;

function list(count: number, item: (i: number) => string, separator = ''): string {
  return Array.from({ length: count }, (_, i) => item(i)).join(separator);
}

function form(name: string, path: string, pairs: readonly (readonly [string, string])[]): HostileRequest {
  const body = pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');
  return { name: `${path} with ${name}`, path: `/api/v1/${path}`, method: 'POST', headers: FORM, body };
}

function matches(name: string, path: string, texts: readonly string[]): HostileRequest {
  return form(
    name,
    path,
    texts.map((text) => ['match[]', text] as const),
  );
}

function get(path: string): HostileRequest {
  return { name: decodeURIComponent(path).slice(0, 100), path, method: 'GET', headers: {}, body: '' };
}

function read(
  name: string,
  queries: readonly (readonly string[])[],
  type = 0,
  accepted: number[] = [],
): HostileRequest {
  const messages = queries.map((patterns) => ({
    start: 0,
    end: 4e12,
    matchers: patterns.map((value) => ({ type, name: value.startsWith('id') ? 'id' : '__name__', value })),
  }));
  return {
    name: `remote read of ${name}`,
    path: '/api/v1/read',
    method: 'POST',
    headers: READ,
    body: requestBytes(messages, accepted),
  };
}

/** Nearly as large as a pattern may be when it is compiled, each another one. */
function large(i: number): string {
  return `id(a|b{800}){1}${i}c{700}(d|e{999}){1}(f|g{999}){1}(h{900}){1}(i{900}){1}(j{900}){1}`;
}

function many<T>(count: number, item: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => item(i));
}

const SLOW = 'wide{id=~"((i|d|-|[0-9])+)*x"}';

/** Fields of a message of remote read or write, with a number of bytes that divides 60. */
const FIELDS: Readonly<Record<string, readonly number[]>> = {
  'fields that nobody knows': [0x28, 0],
  'empty messages': [0x0a, 0],
  'groups in groups': [0x2b, 0x2b, 0x2b, 0x2c, 0x2c, 0x2c],
  'messages with one field': [0x0a, 2, 0x08, 1],
  'metadata messages': [0x1a, 2, 0x08, 1],
};

export const HOSTILE_REQUESTS: readonly HostileRequest[] = [
  matches(
    '9,999 selectors',
    'series',
    many(9999, (i) => `wide{id="id-${i}"}`),
  ),
  matches(
    '1,000 selectors of everything',
    'series',
    many(1000, (i) => `wide{id!="id-${i}"}`),
  ),
  matches(
    '200 large patterns',
    'series',
    many(200, (i) => `wide{id=~"${large(i)}"}`),
  ),
  matches('one of 60 large patterns', 'series', [`wide{${list(60, (i) => `id!~"${large(i)}"`, ',')}}`]),
  matches('a list of values', 'series', [`wide{id=~"${list(90_000, (i) => `id-${i}`, '|')}"}`]),
  matches('a slow pattern', 'series', [SLOW]),
  matches('10,000 slow selectors', 'series', ['wide', ...many(9000, (i) => `wide{id=~".*-${i}.*"}`)]),
  matches('everything', 'series', ['{__name__=~".+"}']),
  matches('everything', 'labels', ['{__name__=~".+"}']),
  matches(
    '500 selectors',
    'labels',
    many(500, (i) => `wide{id!~".*${i}.*"}`),
  ),
  get(`/api/v1/label/id/values?match[]=${encodeURIComponent(SLOW)}`),
  get(`/api/v1/label/id/values?match[]=${encodeURIComponent('wide{id=~"(i|d|-|0|1|2|3|4|5){1,900}x?"}')}`),
  get(`/api/v1/label/id/values?match[]=${encodeURIComponent('wide{id!~"id-1.*"}')}`),
  get(`/api/v1/label/text/values?match[]=${encodeURIComponent('texts{text=~"(a|b|w|[0-9])*x"}')}`),
  get(`/api/v1/label/text/values?match[]=${encodeURIComponent('texts{text=~".*(w|v){1,19}"}')}`),
  get('/api/v1/label/id/values'),
  get(`/federate?match[]=${encodeURIComponent('{__name__=~".+"}')}`),
  get(`/federate?${list(1000, (i) => `match[]=${encodeURIComponent(`wide{id=~"id-${i}.*"}`)}`, '&')}`),
  read(
    '10,000 queries',
    many(10_000, (i) => [`id-${i}`]),
  ),
  read('100,000 matchers', [many(99_999, (i) => `id-${i}`)]),
  read(
    '200 large patterns',
    many(200, (i) => [large(i)]),
    REGEX,
  ),
  read('hundreds of large patterns in one query', [many(900, large)], REGEX),
  read('a slow pattern', [['id((i|d|-|[0-9])+)*x']], REGEX),
  read('everything', [['.+']], REGEX),
  read('everything in frames', [['.+']], REGEX, [1]),
  form('a megabyte', 'format_query', [['query', `${list(80_000, () => 'wide+').slice(0, 16_000 * 5)}1`]]),
  form('a long chain', 'format_query', [['query', `${'sum by (a, b) ('.repeat(400)}m${')'.repeat(400)}`]]),
  form('a long chain', 'parse_query', [['query', list(16_000, () => 'wide', ' + ')]]),
  form('labels', 'parse_query', [['query', `sum by (${list(100_000, (i) => `l${i}`, ',')}) (wide)`]]),
  form('large patterns', 'parse_query', [['query', list(9, (i) => `m{a=~"${large(i)}"}`, ' + ')]]),
  form('selectors', 'query_exemplars', [['query', list(10_000, (i) => `wide{id="id-${i}"}`, ' + ')]]),
  form('patterns', 'query_exemplars', [['query', list(200, (i) => `wide{id=~"${large(i)}"}`, ' + ')]]),
  form('large patterns', 'query', [['query', list(30, (i) => `m{a=~"${large(i)}"}`, ' + ')]]),
  form('Unicode classes', 'query', [['query', `m{a=~"${'\\\\pL'.repeat(900)}"}`]]),
  form('a long chain', 'explain', [['query', list(16_000, () => 'wide', ' + ')]]),
  form('16,000 selectors', 'query', [['query', list(16_000, (i) => `wide{id="id-${i}"}`, ' or ')]]),
  form('16,000 selectors of nothing', 'query', [['query', list(16_000, (i) => `none{i="${i}"}`, ' or ')]]),
  form('2,000 selectors of a thousand series each', 'query', [
    ['query', list(2000, (i) => `count(wide{group="${i % 100}"} offset ${i}ms)`, ' + ')],
  ]),
  form('patterns', 'explain', [['query', list(30, (i) => `m{a=~"${large(i)}"}`, ' + ')]]),
  form('wide answers', 'query', [['query', 'wide']]),
  form('everything', 'query', [['query', '{__name__=~".+"}[1h]']]),
  form('a text of megabytes', 'query', [['query', `"${'x'.repeat(9 * MEGABYTE)}"`]]),
  form('a limit of megabytes', 'query', [
    ['query', 'wide'],
    ['limit', '9'.repeat(9 * MEGABYTE)],
  ]),
  form('a time of megabytes', 'query', [
    ['query', 'wide'],
    ['time', '9'.repeat(9 * MEGABYTE)],
  ]),
  form('a time of other megabytes', 'query', [
    ['query', 'wide'],
    ['time', `${'1_'.repeat(4 * MEGABYTE)}x`],
  ]),
  form('a step of megabytes', 'query_range', [
    ['query', 'wide'],
    ['start', '0'],
    ['end', '1'],
    ['step', `${'1'.repeat(9 * MEGABYTE)}s`],
  ]),
  { ...form('pairs', 'query', []), body: list(MEGABYTE, () => 'a=b&') },
  { ...form('escapes', 'query', []), body: `query=${'%78'.repeat(3 * MEGABYTE)}` },
  { ...form('ampersands', 'query', []), body: '&'.repeat(9 * MEGABYTE) },
  { ...form('semicolons', 'query', []), body: 'a;b&'.repeat(2 * MEGABYTE) },
  get(`/api/v1/query?${list(150_000, () => 'a&')}`),
  { ...get('/-/healthy'), name: 'a header of commas', headers: { accept: ','.repeat(900_000) } },
  { ...get('/federate'), name: 'federate with a header of commas', headers: { accept: ',;q='.repeat(200_000) } },
  { ...get('/api/v1/labels'), name: 'encodings', headers: { 'accept-encoding': 'x,'.repeat(400_000) } },
  { ...read('zeros', []), name: 'a read of zeros', body: new Uint8Array(30 * MEGABYTE) },
  { ...read('a bomb', []), name: 'a read that claims gigabytes', body: bomb(2 ** 32 - 1) },
  { ...read('a bomb', []), name: 'a read that unpacks to 32 MiB', body: bomb(32 * MEGABYTE) },
  { ...read('a bomb', []), name: 'a write that claims gigabytes', path: '/api/v1/write', body: bomb(2 ** 32 - 1) },
  { ...read('a bomb', []), name: 'a write that unpacks to 32 MiB', path: '/api/v1/write', body: bomb(32 * MEGABYTE) },
  ...(['read', 'write'] as const).flatMap((path) =>
    Object.entries(FIELDS).map(([name, field]) => ({
      ...read('fields', []),
      name: `a ${path} of ${name}`,
      path: `/api/v1/${path}`,
      body: repeatedField(field),
    })),
  ),
  {
    ...read('gzip', []),
    name: 'a write in gzip',
    path: '/api/v1/write',
    headers: { ...READ, 'content-encoding': 'gzip' },
    body: new Uint8Array(MEGABYTE),
  },
];

/** A snappy block of 32 MB in which a field of a few bytes is repeated. */
function repeatedField(field: readonly number[]): Uint8Array {
  const size = Math.floor(32e6 / field.length) * field.length;
  const copies = Math.floor((size - field.length) / 60);
  const made = field.length + 60 * copies;
  const head = [(made & 0x7f) | 0x80, ((made >> 7) & 0x7f) | 0x80, ((made >> 14) & 0x7f) | 0x80, made >> 21];
  const block = new Uint8Array(head.length + 1 + field.length + 3 * copies);
  block.set([...head, (field.length - 1) << 2, ...field]);
  for (let at = head.length + 1 + field.length; at < block.length; at += 3)
    block.set([(59 << 2) | 2, field.length, 0], at);
  return block;
}

/** A snappy block that says that it unpacks to `size` bytes, as far as copies of 64 bytes of one literal do so. */
function bomb(size: number): Uint8Array {
  const head: number[] = [];
  let rest = size;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) head.push((rest & 0x7f) | 0x80);
  head.push(rest, 0, 0x0a);
  const copies = Math.min(Math.ceil(size / 64), MEGABYTE);
  const bytes = new Uint8Array(head.length + 3 * copies);
  bytes.set(head);
  for (let at = head.length; at < bytes.length; at += 3) bytes.set([0xfe, 1, 0], at);
  return bytes;
}
