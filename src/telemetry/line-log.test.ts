import { expect, test } from 'vitest';
import { ManualClock } from '../std/manual-clock.ts';
import { createLog, type LogOptions } from './line-log.ts';

function logTo(lines: string[], format: LogOptions['format'], level: LogOptions['level'] = 'info') {
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  return createLog({ format, level, clock, write: (line) => lines.push(line) });
}

test('logfmt lines have time, level, source and message first and quote what needs it', () => {
  const lines: string[] = [];
  logTo(lines, 'logfmt')
    .with({ component: 'web' })
    .warn('Two words', { count: 3, path: '/a b', empty: '', list: ['x'] });
  expect(lines).toEqual([
    expect.stringMatching(
      /^time=2026-01-02T03:04:05\.678Z level=WARN source=line-log\.test\.ts:\d+ msg="Two words" component=web count=3 path="\/a b" empty="" list="\[\\"x\\"\]"\n$/,
    ),
  ]);
});

test('json lines hold the same fields', () => {
  const lines: string[] = [];
  logTo(lines, 'json').error('Broken', { err: new Error('outer', { cause: new Error('inner') }) });
  expect(JSON.parse(lines[0]!)).toEqual({
    time: '2026-01-02T03:04:05.678Z',
    level: 'ERROR',
    source: expect.stringMatching(/^line-log\.test\.ts:\d+$/),
    msg: 'Broken',
    err: 'outer: inner',
  });
});

test('lines below the level are left out', () => {
  const lines: string[] = [];
  const log = logTo(lines, 'logfmt', 'warn');
  log.info('no');
  log.debug('no');
  log.warn('yes');
  expect(lines).toHaveLength(1);
});

test('a message cannot begin a new line', () => {
  const lines: string[] = [];
  logTo(lines, 'logfmt').info('one\nlevel=ERROR msg=two', { 'a b': 'c\nd' });
  expect(lines[0]!.match(/\n/g)).toHaveLength(1);
});

test('a value that is no JSON costs its own text alone', () => {
  const lines: string[] = [];
  const circular: { self?: unknown } = {};
  circular.self = circular;
  logTo(lines, 'json').info('odd', { circular, large: 10n, count: 1, absent: undefined });
  expect(JSON.parse(lines[0]!)).toMatchObject({
    msg: 'odd',
    circular: '[object Object]',
    large: '[object BigInt]',
    count: 1,
  });
  expect(JSON.parse(lines[0]!)).not.toHaveProperty('absent');
});

test('fields of a log come before those of a line, which replace them', () => {
  const lines: string[] = [];
  logTo(lines, 'json', 'debug').with({ component: 'a', part: 1 }).with({ component: 'b' }).debug('x', { part: 2 });
  expect(lines[0]).toMatch(
    /^\{"level":"DEBUG","time":"2026-01-02T03:04:05\.678Z","source":"[^"]+","component":"b","part":2,"msg":"x"\}\n$/,
  );
});
