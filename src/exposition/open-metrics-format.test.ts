import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CURSOR, METADATA, METADATA_STRIDE } from '../kernels/exposition-metadata.ts';
import { EXEMPLAR_STRIDE } from '../kernels/open-metrics-scan.ts';
import { bodyFromBytes } from './body.ts';
import { exemplarLabelPairs } from './exemplar-labels.ts';
import { ExpositionError } from './exposition-error.ts';
import { parseOpenMetricsEntry } from './open-metrics-entry.ts';
import { parseOpenMetricsBody, parseOpenMetricsBodyInSteps } from './open-metrics-format.ts';
import { EMPTY_SERIES_INDEX } from './parse-body.ts';
import { createExpositionRows, METRIC_TYPES } from './rows.ts';

/** Series, value's bits, time, and where there is one the exemplar: labels, value's bits, time. */
type Row = readonly [series: string, value: string, time: number | null, ...exemplar: (string | number | null)[]];

interface Parsed {
  readonly rows: readonly Row[];
  readonly metadata: readonly string[];
  readonly error: string | null;
}

const rows = createExpositionRows(1);
const NAN = '7ff8000000000001';

function bitsOf(value: number): string {
  if (Number.isNaN(value)) return NAN;
  const [low, high] = new Uint32Array(new Float64Array([value]).buffer) as unknown as [number, number];
  return [high, low].map((half) => half.toString(16).padStart(8, '0')).join('');
}

function storedBits(row: number): string {
  return [rows.bits[2 * row + 1]!, rows.bits[2 * row]!].map((half) => half.toString(16).padStart(8, '0')).join('');
}

function parse(text: string | Uint8Array): Parsed {
  const body = bodyFromBytes(typeof text === 'string' ? Buffer.from(text) : text);
  const latin1 = (start: number, end: number) => Buffer.from(body.bytes.subarray(start, end)).toString('latin1');
  let error: string | null = null;
  try {
    parseOpenMetricsBody(body, rows);
  } catch (thrown) {
    if (!(thrown instanceof ExpositionError)) throw thrown;
    error = `${thrown.line}: ${thrown.message}`;
  }
  const parsed: Row[] = [];
  let exemplar = 0;
  for (let row = 0; row < rows.length; row++) {
    const series = latin1(rows.seriesStart[row]!, rows.seriesEnd[row]!);
    const sample: Row = [series, storedBits(row), rows.hasTime[row] === 1 ? rows.times[row]! : null];
    if (exemplar === rows.exemplarCount || rows.exemplars[EXEMPLAR_STRIDE * exemplar] !== row) {
      parsed.push(sample);
      continue;
    }
    const time = rows.exemplarNumbers[2 * exemplar + 1]!;
    const labels = latin1(
      rows.exemplars[EXEMPLAR_STRIDE * exemplar + 1]!,
      rows.exemplars[EXEMPLAR_STRIDE * exemplar + 2]!,
    );
    parsed.push([
      ...sample,
      labels,
      bitsOf(rows.exemplarNumbers[2 * exemplar]!),
      Number.isNaN(time) ? null : time,
    ] as unknown as Row);
    exemplar++;
  }
  expect(exemplar).toBe(rows.exemplarCount);
  const metadata: string[] = [];
  for (let line = 0; line < rows.metadataCount; line++) {
    const [kind, nameStart, nameEnd, textStart, textEnd, row] = rows.metadata.subarray(
      METADATA_STRIDE * line,
      METADATA_STRIDE * (line + 1),
    ) as unknown as [number, number, number, number, number, number];
    const word =
      kind >= METADATA.type ? `TYPE/${METRIC_TYPES[kind - METADATA.type]}` : kind === METADATA.unit ? 'UNIT' : 'HELP';
    metadata.push(`${row} ${word} ${latin1(nameStart, nameEnd)} [${latin1(textStart, textEnd)}]`);
  }
  return { rows: parsed, metadata, error };
}

/** The same by the careful parser alone. */
function parseCarefully(bytes: Uint8Array): Omit<Parsed, 'metadata'> {
  const body = bodyFromBytes(bytes);
  const text = (start: number, end: number) => Buffer.from(body.bytes.subarray(start, end)).toString('latin1');
  const parsed: Row[] = [];
  try {
    for (let at = 0; ; ) {
      const entry = parseOpenMetricsEntry(body.bytes, body.size, at);
      if (entry.kind === 'end') return { rows: parsed, error: null };
      if (entry.kind === 'series') {
        const sample: Row = [text(entry.seriesStart, entry.seriesEnd), bitsOf(entry.value), entry.time];
        const { exemplar } = entry;
        parsed.push(
          exemplar === null
            ? sample
            : [...sample, text(exemplar.labelsStart, exemplar.labelsEnd), bitsOf(exemplar.value), exemplar.time],
        );
        if (entry.fault !== null) throw entry.fault;
      }
      at = entry.next;
    }
  } catch (thrown) {
    if (!(thrown instanceof ExpositionError)) throw thrown;
    return { rows: parsed, error: `${thrown.line}: ${thrown.message}` };
  }
}

const PAGE = `# TYPE acme_http_router_request_seconds summary
# UNIT acme_http_router_request_seconds seconds
# HELP acme_http_router_request_seconds Latency though all of "ACME's" \\\\ HTTP\\nrouter.
acme_http_router_request_seconds_sum{path="/api/v1",method="GET"} 9036.32
acme_http_router_request_seconds_created{path="/api/v1",method="GET"} 1605281325.0
# TYPE foo histogram
foo_bucket{le="0.1"} 8 # {} 0.054
foo_bucket{le="1"} 11 1520879607.789 # {trace_id="KOO5S4vxi0o",n="\\"é"} 0.67 1520879607.789
foo_bucket{le="+Inf"} 9007199254740993 # {trace_id="oHg5SJYRHA0"} 9.8
{"utf-8 name","label name"="x",a="b",} NaN -0.0005
# TYPE s stateset
s{s="a"} 1
# TYPE i info
i_info{v="1"} 1
# TYPE g gaugehistogram
g_gcount 3
# EOF
`;

test('parseOpenMetricsBody() reads series, times, exemplars and metadata', () => {
  const { rows: parsed, metadata, error } = parse(PAGE);
  expect(error).toBeNull();
  expect(parsed).toEqual([
    ['acme_http_router_request_seconds_sum{path="/api/v1",method="GET"}', bitsOf(9036.32), null],
    ['acme_http_router_request_seconds_created{path="/api/v1",method="GET"}', bitsOf(1605281325), null],
    ['foo_bucket{le="0.1"}', bitsOf(8), null, '{}', bitsOf(0.054), null],
    [
      'foo_bucket{le="1"}',
      bitsOf(11),
      1520879607789,
      Buffer.from('{trace_id="KOO5S4vxi0o",n="\\"é"}').toString('latin1'),
      bitsOf(0.67),
      1520879607789,
    ],
    ['foo_bucket{le="+Inf"}', bitsOf(9007199254740992), null, '{trace_id="oHg5SJYRHA0"}', bitsOf(9.8), null],
    ['{"utf-8 name","label name"="x",a="b",}', NAN, 0],
    ['s{s="a"}', bitsOf(1), null],
    ['i_info{v="1"}', bitsOf(1), null],
    ['g_gcount', bitsOf(3), null],
  ]);
  expect(metadata.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    '0 TYPE/summary acme_http_router_request_seconds',
    '0 UNIT acme_http_router_request_seconds',
    '0 HELP acme_http_router_request_seconds',
    '2 TYPE/histogram foo',
    '6 TYPE/stateset s',
    '7 TYPE/info i',
    '8 TYPE/gaugehistogram g',
  ]);
});

test('parseOpenMetricsBody() takes `# EOF` with and without a newline, and nothing behind it', () => {
  expect(parse('a 1\n# EOF').error).toBeNull();
  expect(parse('# EOF\n').error).toBeNull();
  expect(parse('# EOF\na 1\n')).toEqual({ rows: [], metadata: [], error: '1: unexpected data after # EOF' });
  for (const text of ['', 'a 1\n', 'a 1', 'a 1 # {} 2', '# TYPE a counter\n']) {
    expect([text, parse(text).error]).toEqual([text, expect.stringContaining(': data does not end with # EOF')]);
  }
});

test('parseOpenMetricsBody() cuts times to milliseconds as the reference does', () => {
  const time = (text: string) => {
    const { rows: parsed, error } = parse(`a 1 ${text}\n# EOF\n`);
    return error ?? parsed[0]![2];
  };
  expect(time('1.0009')).toBe(1000);
  expect(time('1000.9999')).toBe(1000999);
  expect(time('-1.5')).toBe(-1500);
  expect(time('1e3')).toBe(1_000_000);
  expect(time('1e300')).toBe(-(2 ** 63));
  expect(time('9223372036854774')).toBe(9223372036854774000);
  expect(time('NaN')).toBe('1: invalid timestamp NaN');
  expect(time('-inf')).toBe('1: invalid timestamp -Inf');
  expect(time('1e999')).toContain('value out of range while parsing: "a 1 1e999"');
});

test('parseOpenMetricsBody() says what is wrong and where, in the words of the reference', () => {
  for (const [text, error] of [
    ['a\n', '1: expected value after metric, got "\\n" ("INVALID") while parsing: "a\\n"'],
    ['a 1\n\n# EOF', '2: expected a valid start token, got "\\n" ("INVALID") while parsing: "\\n"'],
    ['a 1 \n# EOF', '1: expected a valid start token, got "\\n#" ("LINEBREAK") while parsing: "\\n#"'],
    ['a  1\n', '1: expected value after metric, got "  " ("INVALID") while parsing: "a  "'],
    ['a{b="c" ,} 1', '1: expected comma or brace close, got " " ("INVALID") while parsing: "a{b=\\"c\\" "'],
    ['a{,} 1', '1: expected label name, got ",}" ("COMMA") while parsing: "a{,}"'],
    ['{a="b"} 1', '1: metric name not set while parsing: "{a=\\"b\\"} 1"'],
    ['{"a","b"} 1', '1: metric name already set while parsing: "{\\"a\\",\\"b\\"}"'],
    ['# TYPE a untyped\n', '1: invalid metric type "untyped"'],
    ['# UNIT a seconds\n', '1: unit "seconds" not a suffix of metric "a"'],
    ['# comment\n', '1: expected a valid start token, got "# c" ("INVALID") while parsing: "# c"'],
    ['a 1 # {b} 1\n', '1: expected equal, got "} " ("BCLOSE") while parsing: "a 1 # {b} "'],
    ['a 1 # {} x\n', '1: strconv.ParseFloat: parsing "x": invalid syntax while parsing: "a 1 # {} x"'],
    ['a 1 # {} 1 NaN\n', '1: invalid exemplar timestamp NaN'],
  ] as const) {
    expect([text, parse(text).error]).toEqual([text, error]);
  }
  expect(parse(Buffer.from('a{b="\xff"} 1\n', 'latin1')).error).toBe('1: invalid UTF-8 label value: "\\"\\xff\\""');
});

test('parseOpenMetricsBody() keeps the rows and exemplars before the fault', () => {
  const { rows: parsed, error } = parse('a 1\nb 2 # {} 1\nc x # {} 1\nd 4\ne{ 5\n# EOF\n');
  expect(parsed.map(([series]) => series)).toEqual(['a', 'b']);
  expect(error).toContain('3: strconv.ParseFloat: parsing "x"');
});

test('exemplarLabelPairs() gives names and values as written', () => {
  const pairs = (text: string) => exemplarLabelPairs(Buffer.from(text), 0, Buffer.byteLength(text));
  expect(pairs('{}')).toEqual([]);
  expect(pairs('{a="b",}')).toEqual(['a', 'b']);
  expect(pairs('{"ü.x"="\\"{,}=é",b=""}')).toEqual(['ü.x', '\\"{,}=é', 'b', '']);
});

const pieces = fc.array(
  fc.constantFrom(
    ...['a', 'b_c', ':d', '{', '}', '"', '"x"', '"q.r"', 'l="v"', 'le="1"', ',', '=', ' ', '\t', '\n', '\n', '\\'],
    ...[' 1', ' -2.5', ' 1e3', ' NaN', ' +Inf', ' 0x1', ' 12345678901234567', ' 1520879607.789', ' 1\n', ' 1 2\n'],
    ...['# ', '#', '# HELP ', '# TYPE ', '# UNIT ', '# EOF', '\n# EOF\n', ' # {} 1', ' # {t="1"} 0.5 7\n', 'é', '\0'],
  ),
  { maxLength: 30 },
);
const bodies = fc.oneof(
  { weight: 4, arbitrary: pieces.map((list) => Buffer.from(list.join(''))) },
  fc.uint8Array({ maxLength: 60 }),
);

test('the scan kernel and the careful parser agree on any bytes', () => {
  fc.assert(
    fc.property(bodies, (bytes) => {
      const { rows: fast, error } = parse(bytes);
      expect({ rows: fast, error }).toEqual(parseCarefully(bytes));
    }),
    { numRuns: 10_000 },
  );
});

test('parseOpenMetricsBody() refuses every cut of a body, with the rows before it', () => {
  const bytes = Buffer.from(PAGE);
  const whole = parse(bytes);
  for (let size = 0; size < bytes.length - 1; size++) {
    const cut = parse(bytes.subarray(0, size));
    expect(cut.error).toMatch(/^\d+: /);
    // The last row may lack its exemplar: the reference has taken the sample when it looks at what stands behind it.
    const complete = Math.max(0, cut.rows.length - 1);
    expect(cut.rows.slice(0, complete)).toEqual(whole.rows.slice(0, complete));
    expect(cut.rows.length).toBeLessThanOrEqual(whole.rows.length);
  }
});

test('parseOpenMetricsBody() ends with rows or a positioned error when any byte of a body is another', () => {
  fc.assert(
    fc.property(fc.nat(Buffer.byteLength(PAGE) - 1), fc.nat(255), (at, byte) => {
      const bytes = Buffer.from(PAGE);
      bytes[at] = byte;
      const { rows: fast, error } = parse(bytes);
      expect({ rows: fast, error }).toEqual(parseCarefully(bytes));
    }),
    { numRuns: 3000 },
  );
});

test('parseOpenMetricsBody() grows its columns without losing a row or an exemplar', () => {
  const lines = Array.from(
    { length: 3000 },
    (_, i) => `# HELP m${i} x\nm${i} 0.${'1'.repeat(25)}${i} # {t="${i}"} ${i}`,
  );
  const small = createExpositionRows(0);
  parseOpenMetricsBody(bodyFromBytes(Buffer.from(`${lines.join('\n')}\n# EOF\n`)), small);
  expect([small.length, small.metadataCount, small.exemplarCount]).toEqual([3000, 3000, 3000]);
  expect(small.values[2999]).toBe(Number(`0.${'1'.repeat(25)}2999`));
  expect(small.exemplarNumbers[2 * 2999]).toBe(2999);
});

test('parseOpenMetricsBodyInSteps() reads a long body in many steps, as in one', () => {
  const lines = Array.from({ length: 3000 }, (_, i) =>
    i % 50 === 0 ? `# TYPE family_${i} gauge` : `family_${i - (i % 50)}{n="${i}"} ${i % 7 === 0 ? '1e-400' : i / 3}`,
  );
  const body = bodyFromBytes(Buffer.from([...lines, '# EOF', ''].join('\n')));
  const stepped = createExpositionRows(1);
  let steps = 0;
  for (const _ of parseOpenMetricsBodyInSteps(body, stepped, EMPTY_SERIES_INDEX)) {
    steps++;
    expect(stepped.cursor[CURSOR.rows]! % 512).toBe(0);
  }
  expect(steps).toBe(5);
  expect(stepped.length).toBe(2940);
  expect(stepped.metadataCount).toBe(60);
  for (const [row, line] of lines.filter((text) => !text.startsWith('#')).entries()) {
    const [series, value] = line.split(' ');
    const { seriesStart, seriesEnd, values } = stepped;
    expect(Buffer.from(body.bytes.subarray(seriesStart[row], seriesEnd[row])).toString()).toBe(series);
    expect(values[row]).toBe(Number(value));
  }
});
