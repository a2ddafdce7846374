import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CURSOR, METADATA, METADATA_STRIDE } from '../kernels/exposition-metadata.ts';
import { bodyFromBytes } from './body.ts';
import { ExpositionError } from './exposition-error.ts';
import { createExpositionRows, METRIC_TYPES } from './rows.ts';
import { parseTextEntry } from './text-entry.ts';
import { parseTextBody } from './text-format.ts';

type Row = readonly [series: string, value: string, time: number | null];

interface Parsed {
  readonly rows: readonly Row[];
  readonly metadata: readonly string[];
  readonly error: string | null;
}

const rows = createExpositionRows(1);

/** Bits in hexadecimal: a NaN's payload counts. */
function bitsOf(bits: Uint32Array, index: number): string {
  return [bits[2 * index + 1]!, bits[2 * index]!].map((half) => half.toString(16).padStart(8, '0')).join('');
}

function bitsOfNumber(value: number): string {
  return Number.isNaN(value) ? NAN : bitsOf(new Uint32Array(new Float64Array([value]).buffer), 0);
}

const NAN = '7ff8000000000001';

function parse(text: string | Uint8Array): Parsed {
  const body = bodyFromBytes(typeof text === 'string' ? Buffer.from(text) : text);
  const latin1 = (start: number, end: number) => Buffer.from(body.bytes.subarray(start, end)).toString('latin1');
  let error: string | null = null;
  try {
    parseTextBody(body, rows);
  } catch (thrown) {
    if (!(thrown instanceof ExpositionError)) throw thrown;
    error = `${thrown.line}: ${thrown.message}`;
  }
  const parsed: Row[] = [];
  for (let row = 0; row < rows.length; row++) {
    const series = latin1(rows.seriesStart[row]!, rows.seriesEnd[row]!);
    parsed.push([series, bitsOf(rows.bits, row), rows.hasTime[row] === 1 ? rows.times[row]! : null]);
  }
  const metadata: string[] = [];
  for (let line = 0; line < rows.metadataCount; line++) {
    const [kind, nameStart, nameEnd, textStart, textEnd, row] = rows.metadata.subarray(
      METADATA_STRIDE * line,
      METADATA_STRIDE * (line + 1),
    ) as unknown as [number, number, number, number, number, number];
    const word = kind >= METADATA.type ? `TYPE/${METRIC_TYPES[kind - METADATA.type]}` : 'HELP';
    metadata.push(`${row} ${word} ${latin1(nameStart, nameEnd)} [${latin1(textStart, textEnd)}]`);
  }
  return { rows: parsed, metadata, error };
}

/** The same by the careful parser alone. */
function parseCarefully(bytes: Uint8Array): Omit<Parsed, 'metadata'> {
  const body = bodyFromBytes(bytes);
  const parsed: Row[] = [];
  try {
    for (let at = 0; at < body.size; ) {
      const entry = parseTextEntry(body.bytes, body.size, at);
      if (entry.kind === 'end') break;
      if (entry.kind === 'series') {
        const series = Buffer.from(body.bytes.subarray(entry.seriesStart, entry.seriesEnd)).toString('latin1');
        parsed.push([series, bitsOfNumber(entry.value), entry.time]);
      }
      at = entry.next;
    }
  } catch (thrown) {
    if (!(thrown instanceof ExpositionError)) throw thrown;
    return { rows: parsed, error: `${thrown.line}: ${thrown.message}` };
  }
  return { rows: parsed, error: null };
}

function value(text: string): string {
  const { rows: parsed, error } = parse(`a ${text}\n`);
  return error ?? parsed[0]![1];
}

test('parseTextBody() reads series, values, times and metadata', () => {
  const text = `# HELP http_requests_total Requests \\\\ so\\nfar.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363001

# A comment.
#and another
no_labels 12.47
{"utf-8 name", "label name"="x",a="b"} 1
colon:name{path="C:\\\\DIR\\\\",quote="\\"",empty="",} -5.5e-3
x{ a = "1" , b="2" }1
spaces	 7	
`;
  expect(parse(text)).toEqual({
    rows: [
      ['http_requests_total{method="post",code="200"}', bitsOfNumber(1027), 1395066363000],
      ['http_requests_total{method="post",code="400"}', bitsOfNumber(3), 1395066363001],
      ['no_labels', bitsOfNumber(12.47), null],
      ['{"utf-8 name", "label name"="x",a="b"}', bitsOfNumber(1), null],
      ['colon:name{path="C:\\\\DIR\\\\",quote="\\"",empty="",}', bitsOfNumber(-5.5e-3), null],
      ['x{ a = "1" , b="2" }', bitsOfNumber(1), null],
      ['spaces', bitsOfNumber(7), null],
    ],
    metadata: ['0 HELP http_requests_total [Requests \\\\ so\\nfar.]', '0 TYPE/counter http_requests_total [counter]'],
    error: null,
  });
});

test('parseTextBody() takes a body without a last newline, and an empty one', () => {
  expect(parse('a 1\nb 2').rows).toHaveLength(2);
  expect(parse('')).toEqual({ rows: [], metadata: [], error: null });
  expect(parse('\n \n\t\n#\n').rows).toEqual([]);
});

test('parseTextBody() reads special values with the bits that the reference stores', () => {
  expect(value('NaN')).toBe(NAN);
  expect(value('nan')).toBe(NAN);
  expect(value('+Inf')).toBe('7ff0000000000000');
  expect(value('inf')).toBe('7ff0000000000000');
  expect(value('-infinity')).toBe('fff0000000000000');
  expect(value('-0')).toBe('8000000000000000');
  expect(value('4.9e-324')).toBe('0000000000000001');
  expect(value('1e-400')).toBe('0000000000000000');
  expect(value('9007199254740993')).toBe(bitsOfNumber(9007199254740992));
});

test('parseTextBody() refuses what Go refuses as a number, and 0x, p and _ besides', () => {
  expect(value('-NaN')).toContain('strconv.ParseFloat: parsing "-NaN": invalid syntax while parsing: "a -NaN"');
  expect(value('1e999')).toContain('strconv.ParseFloat: parsing "1e999": value out of range while parsing: "a 1e999"');
  expect(value('0x1p4')).toBe('1: unsupported character in float while parsing: "a 0x1p4"');
  expect(value('1_000')).toBe('1: unsupported character in float while parsing: "a 1_000"');
  expect(value('0x10')).toContain('invalid syntax');
  expect(value('infinit')).toContain('invalid syntax');
});

test('parseTextBody() keeps times to the end of int64 and refuses those beyond', () => {
  expect(parse('a 1 9223372036854775807\n').rows[0]![2]).toBe(2 ** 63);
  expect(parse('a 1 9007199254740991\n').rows[0]![2]).toBe(9007199254740991);
  expect(parse('a 1 00000000000000000000000000005\n').rows[0]![2]).toBe(5);
  expect(parse('a 1 9223372036854775808\n').error).toBe(
    '1: strconv.ParseInt: parsing "9223372036854775808": value out of range while parsing: "a 1 9223372036854775808"',
  );
  expect(parse('a 1 -5\n').error).toContain('expected timestamp or new record, got "-" ("INVALID")');
});

test('parseTextBody() says what is wrong and where, in the words of the reference', () => {
  for (const [text, error] of [
    ['a\n', '1: expected value after metric, got "\\n" ("INVALID") while parsing: "a\\n"'],
    ['a 1\nb{\n', '2: expected label name, got "\\n" ("INVALID") while parsing: "b{\\n"'],
    ['a{b="c"', '1: expected label name, got "\\n" ("INVALID") while parsing: "a{b=\\"c\\"\\n"'],
    ['a{b\'="c"} 1', '1: expected equal, got "\'" ("INVALID") while parsing: "a{b\'"'],
    ['a{b=c} 1', '1: expected label value, got "c" ("INVALID") while parsing: "a{b=c"'],
    ['{a="b"} 1', '1: metric name not set while parsing: "{a=\\"b\\"} 1"'],
    ['{"a","b"} 1', '1: metric name already set while parsing: "{\\"a\\",\\"b\\"}"'],
    ['9 1', '1: expected a valid start token, got "9" ("INVALID") while parsing: "9"'],
    ['a 1 2 3', '1: expected next entry after timestamp, got "3\\n" ("TIMESTAMP") while parsing: "a 1 2 3\\n"'],
    ['# TYPE a info\n', '1: invalid metric type "info"'],
    ['# TYPE \n', '1: expected metric name after TYPE, got "\\n" ("INVALID") while parsing: "# TYPE \\n"'],
    ['a 1\r\n', '1: strconv.ParseFloat: parsing "1\\r": invalid syntax while parsing: "a 1\\r"'],
  ] as const) {
    expect([text, parse(text).error]).toEqual([text, error]);
  }
  expect(parse(Buffer.from('a{b="\xff"} 1\n', 'latin1')).error).toBe('1: invalid UTF-8 label value: "\\"\\xff\\""');
});

test('parseTextBody() keeps the rows before the fault', () => {
  expect(parse('a 1\nb 2\nc x\nd 4\ne{ 5\n').rows.map(([series]) => series)).toEqual(['a', 'b']);
  expect(parse('a 1\nb 2\ne{ 5\n').rows.map(([series]) => series)).toEqual(['a', 'b']);
});

test('parseTextBody() takes NUL as the end of the input and as a part of label values, as the reference does', () => {
  expect(parse('a 1\n\0garbage{').rows).toHaveLength(1);
  expect(parse('a{b="x\0y"} 1\n').rows[0]![0]).toBe('a{b="x\0y"}');
  expect(parse('a\0 1\n').error).not.toBeNull();
});

test('parseTextBody() reads a label value of 1 MB', () => {
  const long = 'x'.repeat(1 << 20);
  expect(parse(`a{b="${long}"} 1\nc 2\n`).rows.map(([series]) => series.length)).toEqual([long.length + 7, 1]);
  // An error message repeats only so much of it.
  expect(parse(`a{b="${long}"} x\n`).error!.length).toBeLessThan(20_000);
});

const pieces = fc.array(
  fc.constantFrom(
    ...[
      'a',
      'b_c',
      ':d',
      '{',
      '}',
      '"',
      '"x"',
      '"q.r"',
      'l="v"',
      'le="1"',
      ',',
      '=',
      ' ',
      '\t',
      '\n',
      '\n',
      '\r',
      '\\',
      '\\n',
    ],
    ...[
      '1',
      '-2.5',
      '1e3',
      'NaN',
      '+Inf',
      '0x1',
      '12345678901234567',
      ' 5',
      '# ',
      '#',
      'HELP ',
      'TYPE ',
      'counter',
      'é',
      '\0',
    ],
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
    { numRuns: 20_000 },
  );
});

const REALISTIC = `# HELP go_gc_duration_seconds A summary of pauses.
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile="0.5"} 4.9351e-05
go_gc_duration_seconds_sum 1.004e+01 1395066363000
{"é.metric",host="a\\"b"} NaN
h_bucket{le="+Inf",path="/x y"} 9007199254740993
`;

test('parseTextBody() ends with rows or a positioned error at every cut of a body', () => {
  const bytes = Buffer.from(REALISTIC);
  const whole = parse(bytes);
  expect(whole.error).toBeNull();
  for (let size = 0; size < bytes.length; size++) {
    const cut = parse(bytes.subarray(0, size));
    const { length } = cut.rows;
    // Only the value of the last line can look complete although it is not.
    expect(cut.rows.slice(0, Math.max(0, length - 1))).toEqual(whole.rows.slice(0, Math.max(0, length - 1)));
    expect(cut.error === null || /^\d+: /.test(cut.error)).toBe(true);
  }
});

test('parseTextBody() ends with rows or a positioned error when any byte of a body is another', () => {
  fc.assert(
    fc.property(fc.nat(REALISTIC.length - 1), fc.nat(255), (at, byte) => {
      const bytes = Buffer.from(REALISTIC);
      bytes[at] = byte;
      const { rows: fast, error } = parse(bytes);
      expect({ rows: fast, error }).toEqual(parseCarefully(bytes));
    }),
    { numRuns: 5000 },
  );
});

test('parseTextBody() grows its columns without losing a row', () => {
  const text = Array.from({ length: 3000 }, (_, i) => `# HELP m${i} x\nm${i} 0.${'1'.repeat(25)}${i}\n`).join('');
  const small = createExpositionRows(0);
  parseTextBody(bodyFromBytes(Buffer.from(text)), small);
  expect([small.length, small.metadataCount, small.cursor[CURSOR.slow]]).toEqual([3000, 3000, 9000]);
  expect(small.values[2999]).toBe(Number(`0.${'1'.repeat(25)}2999`));
});
