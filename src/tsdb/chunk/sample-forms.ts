/** In which forms new samples are kept: as Prometheus does by default, or with their start times. */
export interface SampleForms {
  /** New chunks of floats are XOR2, which holds start times. */
  readonly xor2: boolean;
  /** New chunks of histograms are of the encodings with start times. */
  readonly histogramStartTimes: boolean;
  /** Records of samples in the logs are of the forms with start times; asks for `xor2`. */
  readonly loggedStartTimes: boolean;
}

/** Start times are dropped. */
export const PLAIN_FORMS: SampleForms = { xor2: false, histogramStartTimes: false, loggedStartTimes: false };
