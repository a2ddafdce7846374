import { expect, test } from 'vitest';
import { sampleForms } from './sample-forms.ts';

const forms = (features: readonly string[], floatEncoding: 'xor' | 'xor2' | null) =>
  sampleForms({ features }, { storage: { floatEncoding } as never });

test('the configuration chooses the encoding of floats, else the feature', () => {
  expect(forms([], null)).toEqual({ xor2: false, loggedStartTimes: false, histogramStartTimes: false });
  expect(forms(['xor2-encoding'], null).xor2).toBe(true);
  expect(forms(['xor2-encoding'], 'xor').xor2).toBe(false);
  expect(forms([], 'xor2').xor2).toBe(true);
  expect(forms(['histograms-st-encoding'], null)).toMatchObject({ xor2: false, histogramStartTimes: true });
});

test('start times can not be kept in XOR chunks', () => {
  const message = /^float chunk encoding "xor" is incompatible with start-timestamp storage/;
  expect(() => forms(['st-storage'], null)).toThrow(message);
  expect(() => forms(['st-storage', 'xor2-encoding'], 'xor')).toThrow(message);
  expect(forms(['st-storage'], 'xor2')).toEqual({ xor2: true, loggedStartTimes: true, histogramStartTimes: false });
});
