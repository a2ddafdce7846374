import type { SampleForms } from '../tsdb/chunk/sample-forms.ts';
import type { Configuration } from './config-file.ts';
import type { ServerOptions } from './flags/options.ts';

/**
 * In which forms samples are kept, by features and configuration: the file's `chunk_encoding.floats`, where it is there,
 * stands for the feature `xor2-encoding`. Throws where start times are to be kept in chunks that have no place for them.
 */
export function sampleForms(
  { features }: Pick<ServerOptions, 'features'>,
  { storage }: Pick<Configuration, 'storage'>,
): SampleForms {
  const xor2 = (storage.floatEncoding ?? (features.includes('xor2-encoding') ? 'xor2' : 'xor')) === 'xor2';
  const loggedStartTimes = features.includes('st-storage');
  if (loggedStartTimes && !xor2) throw new Error(XOR_WITHOUT_START_TIMES);
  return { xor2, loggedStartTimes, histogramStartTimes: features.includes('histograms-st-encoding') };
}

const XOR_WITHOUT_START_TIMES =
  'float chunk encoding "xor" is incompatible with start-timestamp storage; XOR chunks do not store start timestamps, use "xor2"';
