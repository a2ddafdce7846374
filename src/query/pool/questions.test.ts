import { expect, test } from 'vitest';
import { QueryError } from '../../promql/exec/query-error.ts';
import { createStepColumn } from '../../promql/steps/step-column.ts';
import { PART_ITEMS_MAX } from '../../tsdb/threads/message-parts.ts';
import type { ThreadQuestion } from '../../tsdb/threads/thread-answer.ts';
import type { FlatSeries, MessageFromThread } from './messages.ts';
import { Questions, type Told } from './questions.ts';

const RANGE = { minTime: 0, maxTime: 1 };
const SLOT = 3;

function question(count: number): ThreadQuestion {
  const requests = Array.from({ length: count }, (_, i) => ({
    matchers: [{ type: '=' as const, name: 'i', value: `${i}` }],
    range: RANGE,
    sorted: false,
    limit: 0,
  }));
  return { range: RANGE, requests };
}

/** Plain words for what is told; what snapshots are made of does not matter here. */
function told(words: object): Told {
  return { slot: SLOT, ...words } as Told;
}

function create() {
  const sent: MessageFromThread[] = [];
  const questions = new Questions((message) => sent.push(message));
  const state = { isWanted: true, waits: 0 };
  const asking = {
    slot: SLOT,
    wait: <T>(wait: () => Promise<T>) => {
      state.waits++;
      return wait();
    },
    check: () => {
      if (!state.isWanted) throw new QueryError('canceled', 'not wanted');
    },
  };
  return { sent, questions, state, asking };
}

/** Lets what was told have its effect. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a question of a usual query is one message, and so is its answer', async () => {
  const { asking, questions, sent, state } = create();
  const asked = question(20);
  const answer = questions.ask(asked, asking);
  expect(sent).toEqual([{ kind: 'question', slot: SLOT, question: asked, isWhole: true }]);
  questions.hear(told({ kind: 'answer', answer: { snapshots: [1, 2] } }));
  expect((await answer).snapshots).toEqual([1, 2]);
  expect(sent).toHaveLength(1);
  expect(state.waits).toBe(1);
});

test('a long question goes in parts, each when the one before has come, and has all requests in their order', async () => {
  const { asking, questions, sent, state } = create();
  const asked = question(2 * PART_ITEMS_MAX + 1);
  const answer = questions.ask(asked, asking);
  for (let parts = 1; parts <= 2; parts++) {
    await settled();
    expect(sent).toHaveLength(parts);
    questions.hear(told({ kind: 'next' }));
  }
  await settled();
  const parts = sent.map((message) => (message.kind === 'question' ? message : null)!);
  expect(parts.map(({ isWhole }) => isWhole)).toEqual([false, false, true]);
  expect(parts.flatMap((part) => part.question.requests)).toEqual(asked.requests);
  questions.hear(told({ kind: 'answer', answer: { snapshots: [1] } }));
  const { more } = await answer;
  const next = more();
  expect(sent.at(-1)).toEqual({ kind: 'more', slot: SLOT });
  questions.hear(told({ kind: 'snapshots', snapshots: [2] }));
  expect(await next).toEqual([2]);
  expect(state.waits).toBe(4);
});

test('nothing more is asked for where the query is not wanted any more', async () => {
  const { asking, questions, sent, state } = create();
  const long = questions.ask(question(PART_ITEMS_MAX + 1), asking);
  state.isWanted = false;
  questions.hear(told({ kind: 'next' }));
  await expect(long).rejects.toThrow('not wanted');
  expect(sent).toHaveLength(1);
  const short = questions.ask(question(1), asking);
  questions.hear(told({ kind: 'answer', answer: { snapshots: [1] } }));
  const { more } = await short;
  await expect(more()).rejects.toThrow('not wanted');
  expect(sent).toHaveLength(2);
});

test('the selectors of a list come in parts that are asked for', async () => {
  const { asking, questions, sent, state } = create();
  const selectors = Array.from({ length: 5 }, (_, i) => {
    return { matchers: [{ type: '=' as const, name: 'i', value: `${i}` }], headSymbols: null };
  });
  const list = { what: 'series' as const, range: RANGE, sorted: true, limit: 0 };
  const first = (count: number, isWhole: boolean) => {
    return { kind: 'list' as const, slot: SLOT, list: { ...list, selectors: selectors.slice(0, count) }, isWhole };
  };
  expect(await questions.selectors(first(5, true), asking)).toEqual(selectors);
  expect(sent).toEqual([]);
  const all = questions.selectors(first(2, false), asking);
  for (const [from, to] of [
    [2, 4],
    [4, 5],
  ] as const) {
    await settled();
    expect(sent.splice(0)).toEqual([{ kind: 'next', slot: SLOT }]);
    questions.hear(told({ kind: 'selectors', selectors: selectors.slice(from, to), isWhole: to === 5 }));
  }
  expect(await all).toEqual(selectors);
  expect(state.waits).toBe(2);
  const unwanted = questions.selectors(first(2, false), asking);
  state.isWanted = false;
  questions.hear(told({ kind: 'selectors', selectors: selectors.slice(2, 4), isWhole: false }));
  await expect(unwanted).rejects.toThrow('not wanted');
  expect(sent).toHaveLength(1);
});

test('the last series of a reply are left for it, the others are given before, each part when the one before has come', async () => {
  const { asking, questions, sent, state } = create();
  const series = (count: number, steps = 1): FlatSeries[] =>
    Array.from({ length: count }, (_, i) => ({ pairs: ['i', `${i}`], column: createStepColumn(steps) }));
  const few = series(PART_ITEMS_MAX);
  expect(await questions.give(few, asking)).toBe(few);
  expect(sent).toEqual([]);
  const many = series(2 * PART_ITEMS_MAX + 1);
  const last = questions.give(many, asking);
  for (let parts = 1; parts <= 2; parts++) {
    await settled();
    expect(sent).toHaveLength(parts);
    questions.hear(told({ kind: 'next' }));
  }
  const given = sent.flatMap((message) => (message.kind === 'series' ? message.series : []));
  expect([...given, ...(await last)]).toEqual(many);
  const long = questions.give(series(3, 50_000), asking);
  state.isWanted = false;
  questions.hear(told({ kind: 'next' }));
  await expect(long).rejects.toThrow('not wanted');
  expect(sent).toHaveLength(3);
});

test('a refusal ends a question, as an error of the query where it asks for more than it may', async () => {
  const { asking, questions } = create();
  const large = questions.ask(question(1), asking);
  questions.hear(told({ kind: 'refusal', isLimit: true, message: 'too large' }));
  await expect(large).rejects.toThrow(new QueryError('execution', 'too large'));
  const other = questions.ask(question(1), asking);
  questions.hear(told({ kind: 'refusal', isLimit: false, message: 'no' }));
  await expect(other).rejects.not.toBeInstanceOf(QueryError);
});
