// biome-ignore-all lint/suspicious/noTemplateCurlyInString: replacement texts look like templates
import { describe, expect, test } from 'vitest';
import { type Labels, labelsFromObject } from '../../model/labels.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { isNaturallyLess } from './natural-order.ts';

const FREE = { takeText: () => {}, spend: () => {} };
const LABELS = labelsFromObject({ __name__: 'up', job: 'api-42', path: 'a\nb', empty: '' });

function replaced(replacement: string, pattern: string, source = 'job', destination = 'out'): string {
  return labelReplace.prepare([destination, replacement, source, pattern], FREE)(LABELS).get(destination);
}

describe('label_replace', () => {
  test.each([
    ['$1', '(.*)-(\\d+)', 'api'],
    ['${2}0', '(.*)-(\\d+)', '420'],
    ['$20', '(.*)-(\\d+)', ''],
    ['$1x', '(.*)-(\\d+)', ''],
    ['${name}', '(?P<name>.*)-.*', 'api'],
    ['$name-', '(?P<name>.*)-.*', 'api-'],
    ['$$1', '.*', '$1'],
    ['$', '.*', '$'],
    ['${open', '.*', '${open'],
    ['a$!b', '.*', 'a$!b'],
    ['$9', '(.*)', ''],
    ['$01', '(.*)', ''],
    ['[$0]', 'api-\\d\\d', '[api-42]'],
    ['$x', '(?P<x>[a-z]+)(?P<x>.*)', 'api'],
    ['$x', '(?P<x>b)?(?P<x>.*)', 'api-42'],
    ['$1', '(\\p{lower-case letter}+).*', 'api'],
  ])('expands %s of %s', (replacement, pattern, expected) => {
    expect(replaced(replacement, pattern)).toBe(expected);
  });

  test('matches the whole value only, newlines too', () => {
    expect(labelReplace.prepare(['out', 'x', 'job', 'api'], FREE)(LABELS)).toBe(LABELS);
    expect(replaced('$1', '(.*)', 'path')).toBe('a\nb');
    expect(replaced('none', '', 'absent')).toBe('none');
  });

  test('removes a label that becomes empty', () => {
    expect(labelReplace.prepare(['job', '', 'job', '.*'], FREE)(LABELS).has('job')).toBe(false);
  });

  test('refuses what the reference refuses', () => {
    expect(() => labelReplace.prepare(['out', '', 'job', '(.*'], FREE)).toThrow(
      'invalid regular expression in label_replace(): (.*',
    );
    expect(() => labelReplace.prepare(['', '', 'job', '.*'], FREE)).toThrow(
      'invalid destination label name in label_replace(): ',
    );
  });

  test('refuses patterns that could hold the thread', () => {
    expect(() => labelReplace.prepare(['out', '', 'job', 'x{1000}'.repeat(20)], FREE)).toThrow('expression too large');
    const relabel = labelReplace.prepare(['out', '', 'wide', '(x{0,10}){90}'], FREE);
    expect(() => relabel(labelsFromObject({ wide: 'x'.repeat(10_000) }))).toThrow(
      'too large for a label value of 10000',
    );
  });

  test('tells the length of a text before it makes it', () => {
    const lengths: number[] = [];
    const costs = { takeText: (length: number) => void lengths.push(length), spend: () => {} };
    labelReplace.prepare(['out', '$1-$1', 'job', '(.*)'], costs)(LABELS);
    labelJoin.prepare(['out', ', ', 'job', 'job'], costs)(LABELS);
    // The first is what the pattern takes.
    expect(lengths).toEqual([expect.any(Number), 13, 16]);
  });
});

describe('label_join', () => {
  const join = (...strings: string[]): Labels => labelJoin.prepare(strings, FREE)(LABELS);

  test('joins values, absent ones as empty', () => {
    expect(join('out', '/', 'job', 'absent', '__name__').get('out')).toBe('api-42//up');
    expect(join('job', ',').has('job')).toBe(false);
  });

  test('refuses what the reference refuses', () => {
    expect(() => join('out', ',', '')).toThrow('invalid source label name in label_join(): ');
    expect(() => join('', ',', 'job')).toThrow('invalid destination label name in label_join(): ');
  });
});

test.each([
  ['a2', 'a10', true],
  ['a10', 'a2', false],
  ['a', 'a1', true],
  ['1', 'a', true],
  ['a1b2', 'a1b10', true],
  ['a01', 'a2', true],
  ['99999999999999999999998', '99999999999999999999999', true],
  ['100000000000000000000', '99999999999999999999', true],
  ['', 'x', false],
  ['x', '', false],
  ['a01', 'a1', true],
  ['a1', 'a01', true],
])('%s before %s in natural order: %s', (a, b, expected) => {
  expect(isNaturallyLess(a, b)).toBe(expected);
});
