import { expect, test } from 'vitest';
import { labelsFromObject } from '../../src/model/labels.ts';
import { isStale } from '../../src/model/stale.ts';
import { functionImplementations } from '../../src/promql/functions/registry.ts';
import { parsePromqlScript } from '../../src/promql/script/promql-script.ts';
import { type Evaluate, runPromqlScript, type ScriptReply } from '../../src/promql/script/run-promql-script.ts';
import { scriptEngine } from '../../src/promql/script/script-engine.ts';
import { parseSeriesDescription } from '../../src/promql/script/series-description.ts';
import { parseStartTimes } from '../../src/promql/script/start-time-sequence.ts';
import { systemClock } from '../../src/std/clock.ts';
import { createSampleColumn } from '../../src/storage/query.ts';

function values(text: string): unknown[] {
  return parseSeriesDescription(`x ${text}`).items.map((item) => (item.kind === 'float' ? item.value : item.kind));
}

test('parseSeriesDescription() reads numbers as queries do', () => {
  expect(values('1 -2.5 .5 1e3 1_000 010')).toEqual([1, -2.5, 0.5, 1000, 1000, 8]);
});

test('parseSeriesDescription() reads gaps, repetitions and steps', () => {
  expect(values('_ _x2 stale')).toEqual(['omitted', 'omitted', 'omitted', 'stale']);
  expect(values('1x2 1+2x2 10-5x1 Inf -NaN')).toEqual([1, 1, 1, 1, 3, 5, 10, 5, Number.POSITIVE_INFINITY, Number.NaN]);
  expect(parseSeriesDescription('{"a.b", c="d\\"e"} 1').labels.toString()).toBe('{__name__="a.b", c="d\\"e"}');
  expect(() => values('1 two')).toThrow('bad series values: two');
});

test.each(['infx3', '1+infx3', 'NaNx2', 'STALE', '1_', '1__0', '0x1_0', '--1'])(
  'parseSeriesDescription() refuses %s',
  (text) => {
    expect(() => values(text)).toThrow(SyntaxError);
  },
);

test('parseSeriesDescription() builds and adds histograms', () => {
  const { items } = parseSeriesDescription(
    'h {{schema:1 sum:3 count:4 buckets:[1 2 1] offset:-1}}+{{schema:1 count:2 sum:1 buckets:[0 0 0 2]}}x1 {{counter_reset_hint:gauge}}',
  );
  expect(items).toHaveLength(3);
  expect(items[1]).toMatchObject({
    hintSet: false,
    histogram: { count: 6, sum: 4, positiveSpans: [{ offset: -1, length: 5 }], positiveCounts: [1, 2, 1, 0, 2] },
  });
  expect(items[2]).toMatchObject({ hintSet: true, histogram: { counterResetHint: 'gauge', positiveCounts: [] } });
});

test('parseStartTimes() expands offsets', () => {
  expect(parseStartTimes('_ _x2 -1m 0sx1 -30s-1mx2')).toEqual([
    null,
    null,
    null,
    -60_000,
    0,
    0,
    -30_000,
    -90_000,
    -150_000,
  ]);
});

const SCRIPT = `
load 1m
  foo{a="1"} 1 2 stale {{count:2}} {{count:3}} {{count:1}}
  foo{a="2"} 10x5
  # a comment ends the block

eval instant at 1m foo
  foo{a="1"} 2
  foo{a="2"} 10

eval range from 0 to 1m step 30s foo{a="1"}
  expect no_warn
  foo{a="1"} 1 1 2

eval instant at 0 1 + 1
  2

eval_fail instant at 0 broken
  expected_fail_message it is broken

clear

eval instant at 1m foo
`;

/** Answers what the script wants, or something else where `wrong` says so. */
function fakeEngine(asked: string[], wrong: (text: string) => ScriptReply | null): Evaluate {
  return async ({ queryable, text, kind, start, end, step }) => {
    asked.push(`${kind} ${text} ${start} ${end}`);
    const changed = wrong(text);
    if (changed !== null) return changed;
    const reply = (value: Extract<ScriptReply, { ok: true }>['value']): ScriptReply => ({
      ok: true,
      value,
      warnings: [],
      infos: [],
    });
    if (text.startsWith('broken')) return { ok: false, message: 'it is broken', supported: true };
    const times = Array.from({ length: kind === 'range' ? (end - start) / step + 1 : 1 }, (_, i) => start + i * step);
    const points = (value: number) => times.map((time) => ({ time, value, histogram: null }));
    if (text === '1 + 1') {
      if (kind === 'instant') return reply({ type: 'scalar', value: 2 });
      return reply({ type: 'matrix', series: [{ labels: labelsFromObject({}), points: points(2) }] });
    }
    const set = await queryable.querier({ minTime: -1e15, maxTime: 1e15 }).select({
      matchers: [{ type: '=', name: '__name__', value: 'foo' }],
      range: { minTime: -1e15, maxTime: 1e15 },
      sorted: true,
      limit: 0,
    });
    const column = createSampleColumn(4);
    const series = Array.from({ length: set.length }, (_, row) => {
      set.read(row, column);
      const at = (time: number) =>
        column.values[column.times.subarray(0, column.length).findLastIndex((t) => t <= time)]!;
      const pinned = text.includes('@ 60.000') ? 60_000 : null;
      return {
        labels: set.labels(row),
        points: times.map((time) => ({ time, value: at(pinned ?? time), histogram: null })),
      };
    }).filter(({ labels }) => !text.includes('a="1"') || labels.get('a') === '1');
    return reply({ type: kind === 'range' ? 'matrix' : 'vector', series });
  };
}

test('runPromqlScript() asks instant queries again in a range and with @', async () => {
  const asked: string[] = [];
  const outcomes = await runPromqlScript(
    parsePromqlScript(SCRIPT),
    fakeEngine(asked, () => null),
  );
  expect(outcomes.map(({ result, detail }) => result + detail)).toEqual(['pass', 'pass', 'pass', 'pass', 'pass']);
  expect(asked.slice(0, 4)).toEqual([
    'instant foo 60000 60000',
    'range foo 0 120000',
    'instant foo @ 60.000 -600000 -600000',
    'range foo @ 60.000 -660000 -540000',
  ]);
});

test('runPromqlScript() finds wrong values, missing series and missing failures', async () => {
  const run = async (wrong: (text: string) => ScriptReply | null) => {
    const outcomes = await runPromqlScript(parsePromqlScript(SCRIPT), fakeEngine([], wrong));
    return outcomes.map(({ result }) => result);
  };
  const value = { type: 'vector', series: [] } as const;
  const empty: ScriptReply = { ok: true, value, warnings: [], infos: [] };
  expect(await run(() => empty)).toEqual(['fail', 'fail', 'fail', 'fail', 'fail']);
  expect(
    await run((text) => (text === '1 + 1' ? { ok: false, message: '+ is not supported yet', supported: false } : null)),
  ).toEqual(['pass', 'pass', 'not supported', 'pass', 'pass']);
  expect(await run((text) => (text.includes('@') ? { ...empty, value: { type: 'scalar', value: 1 } } : null))).toEqual([
    'fail',
    'pass',
    'pass',
    'fail',
    'fail',
  ]);
  expect(
    await run((text) => (text.startsWith('broken') ? { ok: false, message: 'other', supported: true } : null)),
  ).toEqual(['pass', 'pass', 'pass', 'fail', 'pass']);
});

test('runPromqlScript() takes what an instant answer leaves out for zero', async () => {
  const evaluate = fakeEngine([], () => ({
    ok: true,
    value: {
      type: 'vector',
      series: [{ labels: labelsFromObject({}), points: [{ time: 0, value: 0, histogram: null }] }],
    },
    warnings: [],
    infos: [],
  }));
  const [outcome] = await runPromqlScript(parsePromqlScript('eval instant at 0 end()\n  {} _\n'), evaluate);
  expect(outcome).toMatchObject({ result: 'pass', detail: '' });
});

test('runPromqlScript() refuses samples without labels', async () => {
  const evaluate = fakeEngine([], () => null);
  await expect(runPromqlScript(parsePromqlScript('load 1m\n  {} 1\n'), evaluate)).rejects.toThrow('empty labelset');
  await expect(runPromqlScript(parsePromqlScript('load 1m\n  {} _\n'), evaluate)).resolves.toEqual([]);
});

test('loaded histograms come back with the hints that a database gives', async () => {
  const [load] = parsePromqlScript(SCRIPT);
  const { MemoryQueryable } = await import('../../src/promql/script/memory-queryable.ts');
  const queryable = new MemoryQueryable();
  for (const series of load?.kind === 'load' ? load.series : []) queryable.append(series);
  const set = await queryable.querier({ minTime: 0, maxTime: 1e9 }).select({
    matchers: [{ type: '=', name: 'a', value: '1' }],
    range: { minTime: 60_000, maxTime: 300_000 },
    sorted: false,
    limit: 0,
  });
  const column = createSampleColumn(1);
  set.read(0, column);
  expect([...column.times.subarray(0, column.length)]).toEqual([60_000, 120_000, 180_000, 240_000, 300_000]);
  expect(isStale(column.bits, 1)).toBe(true);
  expect(column.histograms?.map((histogram) => histogram?.counterResetHint)).toEqual([
    undefined,
    undefined,
    'unknown',
    'notReset',
    'unknown',
  ]);
});

test.each([
  ['expect fail\nexpect fail msg: x', 'multiple expect fail lines'],
  ['expect info\nexpect no_info', 'info and no_info cannot be used together'],
  ['expect no_warn\nexpect warn', 'warn and no_warn cannot be used together'],
  [`expect string 'ab'`, 'expected string literal not valid'],
  ['expect string "a" b', 'expected string literal not valid'],
  ['-nan', 'bad'],
])('parsePromqlScript() refuses an evaluation with %j', (lines, message) => {
  expect(() => parsePromqlScript(`eval instant at 0 foo\n${lines}`)).toThrow(message);
});

test.each(['eval_fail instant at 0 foo{', 'eval range from 2m to 1m step 1m foo'])(
  'parsePromqlScript() refuses %s',
  (line) => {
    expect(() => parsePromqlScript(line)).toThrow();
  },
);

test.each([
  ['load 1m\n\neval instant at 1m sum(', '3:24: parse error: unclosed left parenthesis'],
  ['  eval range from 0 to "ü" step 1m ü', '1:35: parse error: unexpected character'],
  ['load 1m\n  a 1\n  a{ 1', '3:4: parse error: unexpected character inside braces'],
  ['eval instant at 0 a\n  a 1\n  b two', '3: bad series values: two'],
])('parsePromqlScript() tells the line, and within a query the byte of the line, of %j', (text, message) => {
  expect(() => parsePromqlScript(text)).toThrow(`line ${message}`);
});

test.each([
  ['0x10', 16],
  ['-0b11', -3],
  ['010', 8],
  ['0x1p4', 16],
  ['infinity', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
  ['nan', Number.NaN],
  ['1e3', 1000],
])('an expected scalar may be %s', (text, value) => {
  const [command] = parsePromqlScript(`eval instant at 0 1\n  ${text}`);
  expect(command).toMatchObject({ scalar: { kind: 'float', value } });
});

test('of samples that a load has for one time the first stays; what an older load has may come again', async () => {
  const outcomes = await runPromqlScript(
    parsePromqlScript(`load 0m
  x 1 2 3

load 1m
  x 1 5

eval instant at 0 x
  x 1

eval instant at 1m x
  x 5
`),
    scriptEngine(functionImplementations, systemClock),
  );
  expect(outcomes.map(({ detail }) => detail)).toEqual(['', '']);
  const other = parsePromqlScript('load 1m\n  x 1 5\n\nload 1m\n  x 1 6');
  await expect(runPromqlScript(other, scriptEngine(functionImplementations, systemClock))).rejects.toThrow(
    'out of order',
  );
});
