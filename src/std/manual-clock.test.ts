import { expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';

it('ManualClock runs timers in the order in which they come due', () => {
  const clock = new ManualClock(1000);
  const ran: string[] = [];
  clock.after(30, () => ran.push(`late at ${clock.now()}`));
  clock.after(10, () => {
    ran.push(`early at ${clock.now()}`);
    clock.after(5, () => ran.push(`nested at ${clock.now()}`));
  });
  const cancel = clock.after(20, () => ran.push('cancelled'));
  cancel();
  clock.advance(29);
  expect(ran).toEqual(['early at 1010', 'nested at 1015']);
  expect(clock.pending).toBe(1);
  clock.setNow(5);
  clock.advance(1);
  expect(ran.at(-1)).toBe('late at 6');
  expect(clock.monotonic()).toBe(30);
});
