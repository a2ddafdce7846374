import { expect, test } from 'vitest';
import { ManualClock } from '../std/manual-clock.ts';
import { Notifications } from './notifications.ts';

test('a notice stands from its first set to its end, with the date of its beginning', () => {
  const clock = new ManualClock(1000);
  const notifications = new Notifications(clock, 2);
  notifications.set('x', true);
  clock.advance(500);
  notifications.set('x', true);
  expect(notifications.current()).toEqual([{ text: 'x', date: 1000, active: true }]);
  notifications.set('x', false);
  expect(notifications.current()).toEqual([]);
});

test('listeners hear of changes only, until they leave; there may be so many', () => {
  const notifications = new Notifications(new ManualClock(7), 2);
  const heard: string[] = [];
  const leave = notifications.subscribe(({ text, active }) => heard.push(`${text} ${active}`))!;
  expect(notifications.subscribe(() => {})).not.toBeNull();
  expect(notifications.subscribe(() => {})).toBeNull();
  notifications.set('x', false);
  notifications.set('x', true);
  notifications.set('x', true);
  leave();
  notifications.set('x', false);
  expect(heard).toEqual(['x true']);
  // The other listener was told of the end, too.
  expect([notifications.listeners, notifications.sent]).toEqual([1, 3]);
  expect(notifications.subscribe(() => {})).not.toBeNull();
});
