import fc from 'fast-check';

const name = fc.constantFrom('up', 'http_requests_total', 'a:b', 'sum', 'by', 'start', 'offset', 'fill');
const label = fc.constantFrom('job', 'instance', 'le', 'on', 'bool', '"quoted name"', '"é"');
const text = fc.oneof(
  fc.constantFrom('"x"', "'y'", '`raw`', '"\\n\\u00e9"', '""'),
  fc.string({ maxLength: 5 }).map(quoted),
);
const pattern = fc.constantFrom('".*"', '"a|b"', '"x.+"', "'[a-z]+'");
const matcher = fc.oneof(
  fc.tuple(label, fc.constantFrom('=', '!='), text).map((parts) => parts.join('')),
  fc.tuple(label, fc.constantFrom('=~', '!~'), pattern).map((parts) => parts.join(' ')),
);
const number = fc.constantFrom('0', '1', '2.5', '1e3', '0x1f', '017', '1_000', '.5', 'NaN', '1e-7', '123456789');
const duration = fc.constantFrom('5m', '1h30m', '1d', '250ms', '2w', '90', '1y');
const grouping = fc.array(label, { maxLength: 3 }).map((labels) => `(${labels.join(', ')})`);

const durationExpr: fc.Arbitrary<string> = fc.letrec<{ expr: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(duration, fc.constantFrom('step()', 'range()')),
  expr: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.tuple(tie('expr'), fc.constantFrom('+', '-', '*', '/', '%', '^'), tie('leaf')).map((parts) => parts.join(' ')),
    tie('expr').map((inner) => `(${inner})`),
    tie('expr').map((inner) => `-(${inner})`),
    fc.tuple(fc.constantFrom('min_of', 'max_of'), tie('expr'), tie('expr')).map(([f, a, b]) => `${f}(${a}, ${b})`),
  ),
})).expr;

/** What stands between brackets: a plain duration is above zero, and a colon needs a number before it. */
const range = fc.oneof(
  duration,
  durationExpr.map((expr) => `5m + (${expr})`),
);
const offset = fc.oneof(
  duration,
  duration.map((value) => `-${value}`),
  durationExpr.map((expr) => `(${expr})`),
);
const shift = fc.oneof(
  fc.constant(''),
  offset.map((value) => ` offset ${value}`),
  fc.constantFrom(' @ 1234.5', ' @ start()', ' @ end()', ' @ -5'),
  fc.tuple(offset, fc.constantFrom('@ end()', '@ 7')).map(([value, at]) => ` offset ${value} ${at}`),
);
const extension = fc.constantFrom('', '', ' anchored', ' smoothed');
const bareSelector = fc.oneof(
  fc.tuple(name, fc.array(matcher, { maxLength: 3 })).map(([metric, matchers]) => `${metric}{${matchers.join(', ')}}`),
  name,
  fc.array(matcher, { maxLength: 2 }).map((matchers) => `{"utf-8 name", ${matchers.join(', ')}}`.replace(', }', '}')),
);
// An operator behind `offset (...)` would become part of the duration, so such a selector gets parentheses.
const selector = fc
  .tuple(bareSelector, extension, shift)
  .map(([bare, extended, shifted]) =>
    shifted.includes('(') ? `(${bare}${extended}${shifted})` : bare + extended + shifted,
  );

const plainOperator = fc.constantFrom(
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  'atan2',
  '==',
  '< bool',
  '>/',
  'and',
  'or',
  'unless',
);
/** With modifiers that only vectors may have. */
const matchingOperator = fc.oneof(
  fc
    .tuple(fc.constantFrom('and', 'or', 'unless', '-'), fc.constantFrom('on', 'ignoring'), grouping)
    .map((parts) => parts.join(' ')),
  fc
    .tuple(fc.constantFrom('*', '== bool'), fc.constantFrom('group_left', 'group_right'))
    .map(([op, group]) => `${op} on (job) ${group} (le)`),
  fc.constantFrom('+ fill(0)', '- fill_left(-1) fill_right(2.5)', '* on(job) fill_right(NaN)'),
);

interface Kinds {
  scalar: string;
  vector: string;
  matrix: string;
}

const kinds = fc.letrec<Kinds>((tie) => ({
  scalar: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    number,
    duration.filter((value) => /[a-z]/.test(value)),
    fc.constantFrom('time()', 'pi()', 'step()'),
    fc
      .tuple(tie('scalar'), fc.constantFrom('+', '-', '*', '/', '%', '^', 'atan2'), tie('scalar'))
      .map((p) => p.join(' ')),
    fc
      .tuple(tie('scalar'), fc.constantFrom('==', '<', '>='), tie('scalar'))
      .map(([a, op, b]) => `${a} ${op} bool ${b}`),
    tie('scalar').map((inner) => `-${inner}`),
    tie('scalar').map((inner) => `(${inner})`),
    tie('vector').map((inner) => `scalar(${inner})`),
  ),
  matrix: fc.oneof(
    fc.tuple(bareSelector, range, extension, shift).map(([s, r, e, o]) => `${s}[${r}]${e}${o}`),
    fc
      .tuple(tie('vector'), duration, fc.oneof(fc.constant(''), range), shift)
      .map(([v, r, s, o]) => `(${v})[${r}:${s}]${o}`),
  ),
  vector: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    selector,
    fc.tuple(fc.constantFrom('rate', 'max_over_time', 'absent_over_time'), tie('matrix')).map(([f, m]) => `${f}(${m})`),
    fc.tuple(fc.constantFrom('abs', 'sort', 'absent', 'hour'), tie('vector')).map(([f, v]) => `${f}(${v})`),
    tie('scalar').map((inner) => `vector(${inner})`),
    fc.tuple(tie('vector'), text).map(([v, t]) => `label_join(${v}, "dst", ${t}, "a", "b")`),
    fc.tuple(fc.constantFrom('sum', 'avg', 'group'), grouping, tie('vector')).map(([a, g, v]) => `${a} by ${g} (${v})`),
    fc
      .tuple(fc.constantFrom('topk', 'quantile'), tie('scalar'), tie('vector'), grouping)
      .map(([a, s, v, g]) => `${a}(${s}, ${v}) without ${g}`),
    fc.tuple(tie('vector'), plainOperator, tie('vector')).map((parts) => parts.join(' ')),
    fc.tuple(tie('vector'), matchingOperator, tie('vector')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
    fc
      .tuple(tie('vector'), fc.constantFrom('+', '^', '!=', '> bool', '</'), tie('scalar'))
      .map((parts) => parts.join(' ')),
    tie('vector').map((inner) => `-${inner}`),
    tie('vector').map((inner) => `(${inner})`),
  ),
}));

/** A well-typed query of any kind, as text, over the whole grammar with all features on. */
export const arbitraryPromql: fc.Arbitrary<string> = fc.oneof(kinds.scalar, kinds.vector, kinds.matrix, text);

/** Pieces of queries that together make mostly nonsense, and every now and then a near miss. */
export const arbitraryPromqlSoup: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      arbitraryPromql,
      number,
      duration,
      text,
      name,
      fc.constantFrom(...'()[]{},:;=!<>+-*/%^@#"\'`\\$?_\n \t'),
      fc.constantFrom(
        'offset',
        'by',
        'on',
        'group_left',
        'bool',
        '=~',
        '!~',
        '[5m',
        ':1m]',
        'sum by',
        '@ start(',
        'fill(',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

function quoted(value: string): string {
  return JSON.stringify(value.toWellFormed().replaceAll('\ufffd', ''));
}
