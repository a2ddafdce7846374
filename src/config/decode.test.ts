import { expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { type Codec, DecodeContext, field, list, mapOf, nullable, optional, record, shown } from './decode.ts';
import { byteSize, decimal, integer, path, secret, text, toggle, unsigned } from './scalars.ts';
import { yamlFromText } from './yaml.ts';

function decode<T>(codec: Codec<T>, yaml: string): T {
  const context = new DecodeContext('conf/a.yml');
  const value = codec.decode(yamlFromText('conf/a.yml', yaml)!, context);
  context.throwProblems();
  return value;
}

function failure(codec: Codec<unknown>, yaml: string): string {
  try {
    decode(codec, yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace(/^parsing YAML file conf\/a\.yml: /, '');
    throw error;
  }
  throw new Error(`${JSON.stringify(yaml)} was accepted`);
}

const job = record('test.Job', {
  name: shown(text),
  size: field(integer, 5),
  labels: field(mapOf(text)),
  inner: optional(record('test.Inner', { flag: field(toggle, true) })),
});

test('record() fills what is absent and takes null for the zero value', () => {
  expect(decode(job, 'name: a')).toEqual({ name: 'a', size: 5, labels: {}, inner: null });
  expect(decode(job, 'name: a\nsize:')).toEqual({ name: 'a', size: 0, labels: {}, inner: null });
  expect(decode(job, 'name: 12\nsize: 0x10\nlabels: {x: y}\ninner: {}')).toEqual({
    name: '12',
    size: 16,
    labels: { x: 'y' },
    inner: { flag: true },
  });
});

test('record() names unknown and repeated fields with their lines, all of them, and the nearest known one', () => {
  expect(failure(job, 'name: a\nsise: 1\nlabel: {}\nname: b\nsize: [1]')).toBe(
    [
      'yaml: unmarshal errors:',
      '  line 2: field sise not found in type test.Job (did you mean size?)',
      '  line 3: field label not found in type test.Job (did you mean labels?)',
      '  line 4: field name already set in type test.Job',
      '  line 5: cannot unmarshal !!seq into int',
    ].join('\n'),
  );
  expect(failure(job, 'zzzzzz: 1')).toBe('yaml: unmarshal errors:\n  line 1: field zzzzzz not found in type test.Job');
});

test('record() does not take fields from the prototype of objects', () => {
  expect(failure(job, 'constructor: 1')).toContain('field constructor not found');
  expect(decode(mapOf(text), '__proto__: x\nconstructor: y')).toEqual(
    Object.assign(Object.create(null), { ['__proto__']: 'x', constructor: 'y' }),
  );
});

test('checks of a record run when its fields are right and point at a line', () => {
  const checked = record('test.Pair', { low: field(integer), high: field(integer) }, (value, context) =>
    value.low > value.high ? context.fault(value, 'low is above high', 'high') : null,
  );
  expect(failure(list(checked), '- low: 1\n  high: 2\n- low: 3\n  high: 2')).toBe('line 4: low is above high');
  expect(failure(list(checked), '- low: x\n  high: 2')).toBe(
    'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `x` into int',
  );
});

test('scalars are read by what the field wants', () => {
  expect(decode(list(toggle), '[yes, off, True, n]')).toEqual([true, false, true, false]);
  expect(failure(toggle, '"yes"')).toContain('cannot unmarshal !!str `yes` into bool');
  expect(failure(toggle, 'perhaps later')).toContain('cannot unmarshal !!str `perhaps...` into bool');
  expect(decode(list(text), '[1.50, true, ~x, "null"]')).toEqual(['1.50', 'true', '~x', 'null']);
  expect(decode(list(decimal), '[1.5, -.inf, 1_000, 2e3]')).toEqual([1.5, -Infinity, 1000, 2000]);
  expect(failure(integer, '1.5')).toContain('cannot unmarshal !!float `1.5` into int');
  expect(failure(unsigned, '-1')).toContain('cannot unmarshal !!int `-1` into uint');
  expect(failure(unsigned, '99999999999999999999')).toContain('into uint');
  expect(decode(list(byteSize), '[1KB, 1.5MiB, 1GB1B, 0]')).toEqual([1024, 1_572_864, 1_073_741_825, 0]);
  expect(failure(byteSize, '100')).toBe('line 1: units: unknown unit  in 100');
  expect(decode(list(path), '[a/b, /c, ""]')).toEqual(['conf/a/b', '/c', '']);
});

test('print() leaves empty fields out, keeps shown ones, and hides secrets', () => {
  const codec = record('t', { a: field(text), b: shown(text), c: field(secret), d: field(list(nullable(job))) });
  expect(codec.print(decode(codec, 'c: word\nd: [{name: x, size: 0}]'))).toEqual({
    b: '',
    c: '<secret>',
    d: [{ name: 'x' }],
  });
});

test('anchors, aliases and merge keys work; the own key wins', () => {
  const yaml = 'base: &b {name: x, size: 1}\nuse:\n  <<: *b\n  size: 2\nlist: [*b]';
  const whole = record('t', { base: field(job), use: field(job), list: field(list(job)) });
  expect(decode(whole, yaml).use).toMatchObject({ name: 'x', size: 2 });
  expect(decode(whole, yaml).list[0]).toMatchObject({ name: 'x', size: 1 });
});

test('documents that can not be read say where', () => {
  expect(failure(job, 'name: a\nsize: [1')).toMatch(/^yaml: line 2: /);
  expect(failure(job, 'a: *nothing')).toMatch(/^yaml: line 1: /);
  expect(failure(job, 'name: "open')).toMatch(/^yaml: line 1: /);
  expect(failure(job, 'name: !!binary "%%"')).toBe('yaml: line 1: !!binary value contains invalid base64 data');
});

test('hostile documents end with an error instead of filling the memory', () => {
  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let i = 1; i < 10; i++)
    bomb.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(',')}]`,
    );
  expect(failure(job, bomb.join('\n'))).toContain('excessive aliasing');
  expect(failure(job, 'a: &a [*a]')).toContain("anchor 'a' value contains itself");
  expect(failure(job, '['.repeat(50_000))).toMatch(/^yaml: /);
});
