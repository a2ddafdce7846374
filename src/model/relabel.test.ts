// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of Go's regular expressions look like this.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabelBuilder } from './label-builder.ts';
import { labelsFromObject } from './labels.ts';
import {
  compileRelabelConfigs,
  defaultRelabelConfig,
  type RelabelConfig,
  relabel,
  relabelConfigProblem,
} from './relabel.ts';

type Input = Record<string, string>;

function run(input: Input, ...configs: Partial<RelabelConfig>[]): Input | null {
  const full = configs.map((config) => ({ ...defaultRelabelConfig, ...config }));
  for (const config of full) expect(relabelConfigProblem(config, 'utf8')).toBeNull();
  const builder = new LabelBuilder(labelsFromObject(input));
  return relabel(builder, compileRelabelConfigs(full, 'utf8')) ? { ...builder.labels().toObject() } : null;
}

test('replace writes what the regex found, anchored at both ends', () => {
  const config = { sourceLabels: ['a', 'b'], regex: 'f(.*);(.*)r', targetLabel: 'c', replacement: 'x${1}-$2' };
  expect(run({ a: 'foo', b: 'bar' }, config)).toEqual({ a: 'foo', b: 'bar', c: 'xoo-ba' });
  expect(run({ a: 'xfoo', b: 'bar' }, config)).toEqual({ a: 'xfoo', b: 'bar' });
  expect(run({ a: '1\n2' }, { sourceLabels: ['a'], targetLabel: 'c' })).toEqual({ a: '1\n2', c: '1\n2' });
});

test('replace deletes the target where the result is empty', () => {
  expect(run({ a: 'x', b: 'y' }, { targetLabel: 'b', replacement: '' })).toEqual({ a: 'x' });
  expect(run({ a: 'x' }, { sourceLabels: ['nothing'], targetLabel: 'a' })).toEqual({});
});

test('replace takes variables in the target label too', () => {
  const config = { sourceLabels: ['a'], regex: 'some-([^-]+)-([^,]+)', targetLabel: '${1}', replacement: '${2}' };
  expect(run({ a: 'some-name-value' }, config)).toEqual({ a: 'some-name-value', name: 'value' });
});

test('replace expands templates as Go does', () => {
  const expand = (replacement: string) =>
    run({ a: 'bar' }, { sourceLabels: ['a'], regex: '(?P<first>b)(a)(r)(z)?', targetLabel: 'c', replacement })!['c'];
  expect(expand('$1x')).toBeUndefined();
  expect(expand('${1}x$$')).toBe('bx$');
  expect(expand('$first-$2')).toBe('b-a');
  expect(expand('[$4$9${nope}]')).toBe('[]');
  expect(expand('$ ${ $-')).toBe('$ ${ $-');
  expect(expand('$01')).toBeUndefined();
});

test('keep and drop decide on the joined values', () => {
  expect(run({ a: 'x' }, { sourceLabels: ['a'], regex: 'x|y', action: 'keep' })).toEqual({ a: 'x' });
  expect(run({ a: 'xx' }, { sourceLabels: ['a'], regex: 'x|y', action: 'keep' })).toBeNull();
  expect(run({ a: 'x' }, { sourceLabels: ['a'], regex: '.*x', action: 'drop' })).toBeNull();
  expect(run({ a: 'x' }, { sourceLabels: ['a'], regex: 'x.+', action: 'drop' })).toEqual({ a: 'x' });
});

test('keepequal and dropequal compare with the target', () => {
  const config = { sourceLabels: ['a'], targetLabel: 'b' };
  expect(run({ a: 'x', b: 'x' }, { ...config, action: 'keepequal' })).not.toBeNull();
  expect(run({ a: 'x', b: 'y' }, { ...config, action: 'keepequal' })).toBeNull();
  expect(run({ a: 'x', b: 'x' }, { ...config, action: 'dropequal' })).toBeNull();
  expect(run({ a: 'x', b: 'y' }, { ...config, action: 'dropequal' })).not.toBeNull();
});

test('hashmod takes the last eight bytes of the MD5', () => {
  const hashmod = (a: string, modulus: number) =>
    run({ a }, { sourceLabels: ['a'], targetLabel: 'd', action: 'hashmod', modulus })!['d'];
  expect(hashmod('baz', 1000)).toBe('976');
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 2 ** 40 }), (text, modulus) => {
      const digest = createHash('md5').update(text).digest('hex').slice(16);
      expect(hashmod(text, modulus)).toBe(String(BigInt(`0x${digest}`) % BigInt(modulus)));
    }),
    { numRuns: 200 },
  );
});

test('labelmap, labeldrop and labelkeep work on names', () => {
  expect(run({ meta_a: '1', meta_b: '2', c: '3' }, { regex: 'meta_(.*)', action: 'labelmap' })).toEqual({
    a: '1',
    b: '2',
    c: '3',
    meta_a: '1',
    meta_b: '2',
  });
  expect(run({ meta_a: '1', c: '3' }, { regex: 'meta_.*', action: 'labeldrop' })).toEqual({ c: '3' });
  expect(run({ meta_a: '1', c: '3' }, { regex: 'meta_.*', action: 'labelkeep' })).toEqual({ meta_a: '1' });
  // Of two labels mapped to one name, the later in the order of names wins.
  expect(run({ x_1: 'one', x_2: 'two' }, { regex: 'x_.*', replacement: 'y', action: 'labelmap' })!['y']).toBe('two');
});

test('lowercase and uppercase map character by character', () => {
  const cased = (a: string, action: 'lowercase' | 'uppercase') =>
    run({ a }, { sourceLabels: ['a'], targetLabel: 'a', action })!['a'];
  expect(cased('ÄbC', 'lowercase')).toBe('äbc');
  expect(cased('ÄbC', 'uppercase')).toBe('ÄBC');
  expect(cased('straße', 'uppercase')).toBe('STRAßE');
  expect(cased('ΟΔΟΣ', 'lowercase')).toBe('οδοσ');
  expect(cased('ᾳ', 'uppercase')).toBe('ᾼ');
});

test('relabelConfigProblem() words what is wrong as the reference does', () => {
  const problem = (config: Partial<RelabelConfig>, scheme: 'utf8' | 'legacy' = 'utf8') =>
    relabelConfigProblem({ ...defaultRelabelConfig, ...config }, scheme);
  expect(problem({})).toBe("relabel configuration for replace action requires 'target_label' value");
  expect(problem({ action: 'hashmod', targetLabel: 'x' })).toBe(
    'relabel configuration for hashmod requires non-zero modulus',
  );
  expect(problem({ action: 'labeldrop', sourceLabels: ['a'] })).toBe(
    "labeldrop action requires only 'regex', and no other fields",
  );
  expect(problem({ action: 'dropequal', targetLabel: 'x', regex: 'foo' })).toBe(
    "dropequal action requires only 'source_labels' and `target_label`, and no other fields",
  );
  expect(problem({ action: 'lowercase', targetLabel: 'x', replacement: 'y' })).toBe(
    "'replacement' can not be set for lowercase action",
  );
  expect(problem({ targetLabel: 'a-b' }, 'legacy')).toBe('"a-b" is invalid \'target_label\' for replace action');
  expect(problem({ targetLabel: '${1}_x' }, 'legacy')).toBeNull();
  expect(problem({ targetLabel: 'x', regex: '(' })).toContain('error parsing regexp: missing closing )');
  expect(problem({ targetLabel: `$${'a'.repeat(50_000)}!` }, 'legacy')).toContain('is invalid');
});
