/** What a block was found to hold. */
export interface BlockContent {
  series: number;
  chunks: number;
  floatSamples: number;
  histogramSamples: number;
  tombstones: number;
}
