import { expect, test } from 'vitest';
import { closest } from './closest.ts';

test('closest() finds the word that was meant', () => {
  const names = ['scrape_interval', 'scrape_timeout', 'static_configs', 'job_name'];
  expect(closest('scrape_intervall', names)).toBe('scrape_interval');
  expect(closest('srcape_timeout', names)).toBe('scrape_timeout');
  expect(closest('Job-Name', names)).toBe('job_name');
});

test('closest() finds nothing where nothing is near', () => {
  expect(closest('x', ['scrape_interval'])).toBeNull();
  expect(closest('completely_other', ['scrape_interval', 'job_name'])).toBeNull();
  expect(closest('', ['scrape_interval'])).toBeNull();
});
