import { describe, expect, test } from 'vitest';
import { ManualClock } from '../std/manual-clock.ts';
import { AnswerBuffers, giveBackAnswer } from './answer-buffers.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('AnswerBuffers', () => {
  test('lends the same memory again once it came back', () => {
    const buffers = new AnswerBuffers(new ManualClock());
    const first = buffers.take(100 * KIB);
    const second = buffers.take(100 * KIB);
    expect(first).toHaveLength(100 * KIB);
    expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(second.buffer).not.toBe(first.buffer);
    // As another thread does it.
    giveBackAnswer(structuredClone(first));
    expect(buffers.take(120 * KIB).buffer).toBe(first.buffer);
  });

  test('small answers, and those beyond the limit, get memory of their own', () => {
    const buffers = new AnswerBuffers(new ManualClock());
    expect(buffers.take(1000).buffer).toBeInstanceOf(ArrayBuffer);
    expect(buffers.take(100 * MIB).buffer).toBeInstanceOf(ArrayBuffer);
    const lent = Array.from({ length: 10 }, () => buffers.take(10 * MIB));
    expect(lent.map(({ buffer }) => buffer instanceof SharedArrayBuffer)).toContain(false);
    expect(buffers.bytes).toBeLessThanOrEqual(40 * MIB);
    for (const answer of lent) giveBackAnswer(answer);
    // What came back makes room for others.
    expect(buffers.take(20 * MIB).buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(buffers.bytes).toBeLessThanOrEqual(40 * MIB);
  });

  test('memory of its own is given back as soon as the answer is sent', () => {
    const own = new AnswerBuffers(new ManualClock()).take(100 * MIB);
    giveBackAnswer(own);
    expect(own.buffer.byteLength).toBe(0);
    // Small ones are left to the collector, as is what lies among other things.
    const part = new Uint8Array(100 * KIB).subarray(KIB);
    giveBackAnswer(part);
    expect(part).toHaveLength(99 * KIB);
  });

  test('lets go what nobody has when no answers are written', () => {
    const clock = new ManualClock();
    const buffers = new AnswerBuffers(clock);
    const kept = buffers.take(MIB);
    giveBackAnswer(buffers.take(3 * MIB));
    const { byteLength } = kept.buffer;
    expect(buffers.bytes).toBeGreaterThan(byteLength);
    clock.advance(10_000);
    expect(buffers.bytes).toBeGreaterThan(byteLength);
    clock.advance(10_000);
    expect(buffers.bytes).toBe(byteLength);
  });
});
