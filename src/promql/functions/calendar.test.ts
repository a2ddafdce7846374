import { expect, test } from 'vitest';
import { askEngine, loaded } from '../../../test/support/ask-engine.ts';
import { functionImplementations } from './registry.ts';

async function ask(text: string): Promise<string> {
  const { series } = await askEngine(text, { at: 0 }, { queryable: loaded(''), functions: functionImplementations });
  return series['{}']!;
}

// As Prometheus 3.14 answers.
test.each([
  ['1709164800.9', '2024', '60', '0'],
  ['-0.9', '1970', '1', '0'],
  ['NaN', '292277026596', '339', '15'],
  ['1e300', '292277026596', '339', '15'],
  ['-9223372036854775808', '292277026596', '339', '15'],
  ['-9223372028741760000', '-292277022400', '61', '0'],
  ['-9223371966579725000', '-292277020431', '365', '23'],
  ['9200000000000000000', '291536396232', '244', '11'],
])('year(), day_of_year() and hour() of second %s', async (seconds, year, day, hour) => {
  expect(await ask(`year(vector(${seconds}))`)).toBe(year);
  expect(await ask(`day_of_year(vector(${seconds}))`)).toBe(day);
  expect(await ask(`hour(vector(${seconds}))`)).toBe(hour);
});
