import { describe, expect, it } from 'vitest';
import { Epochs } from './epochs.ts';

describe('Epochs', () => {
  it('gives an item back at once where nobody reads', () => {
    const { epochs, released } = start();
    epochs.retire(1);
    expect(released).toEqual([1]);
  });

  it('keeps an item until every reader of its time is gone', () => {
    const { epochs, released } = start();
    const first = epochs.pin();
    epochs.retire(1);
    const second = epochs.pin();
    epochs.retire(2);
    const third = epochs.pin();
    const alsoThird = epochs.pin();
    expect(alsoThird).toBe(third);
    epochs.unpin(second);
    expect(released).toEqual([]);
    // What the first could know includes the second item: it was retired while the first was reading.
    epochs.unpin(first);
    expect(released).toEqual([1, 2]);
    epochs.retire(3);
    epochs.unpin(third);
    expect(epochs).toMatchObject({ waiting: 1, readers: 1 });
    epochs.unpin(alsoThird);
    expect(released).toEqual([1, 2, 3]);
    expect(epochs).toMatchObject({ waiting: 0, readers: 0 });
  });

  it('does not make old items wait for new readers', () => {
    const { epochs, released } = start();
    let pin = epochs.pin();
    for (let item = 0; item < 20_000; item++) {
      epochs.retire(item);
      const next = epochs.pin();
      epochs.unpin(pin);
      pin = next;
    }
    expect(released).toHaveLength(20_000);
    expect(released[19_999]).toBe(19_999);
  });

  it('releases a great many items in pieces, in the order in which they were retired', () => {
    const released: number[] = [];
    const epochs: Epochs = new Epochs((item) => {
      released.push(item);
      // A release may retire more: it comes behind what waits already.
      if (item === 0) epochs.retire(-1);
    });
    const pin = epochs.pin();
    for (let item = 0; item < 50_000; item++) epochs.retire(item);
    epochs.unpin(pin);
    expect(released.length).toBeLessThan(50_000);
    epochs.retire(50_000);
    while (epochs.reclaim(1000)) expect(epochs.waiting).toBeGreaterThan(0);
    expect(epochs.waiting).toBe(0);
    const inOrder = Array.from({ length: 50_001 }, (_, item) => item);
    expect(released.filter((item) => item >= 0)).toEqual(inOrder);
    expect(released.indexOf(-1)).toBe(50_000);
  });

  it('tells when the readers of an epoch are gone', () => {
    const { epochs } = start();
    const before = epochs.pin();
    const mark = epochs.mark();
    const after = epochs.pin();
    expect(epochs.hasReadersOf(mark)).toBe(true);
    epochs.unpin(before);
    expect(epochs.hasReadersOf(mark)).toBe(false);
    epochs.unpin(after);
  });

  it('notices a pin that is given back twice', () => {
    const { epochs } = start();
    const pin = epochs.pin();
    epochs.unpin(pin);
    expect(() => epochs.unpin(pin)).toThrow('nobody pins it');
  });
});

function start(): { epochs: Epochs; released: number[] } {
  const released: number[] = [];
  return { epochs: new Epochs((item) => released.push(item)), released };
}
