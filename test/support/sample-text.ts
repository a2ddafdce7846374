import { COUNT_SLOT, FIRST_BUCKET, SUM_SLOT, ZERO_SLOT } from '../../src/kernels/histogram-state.ts';
import { STALE_HIGH, STALE_LOW } from '../../src/model/stale.ts';
import type { Block } from '../../src/tsdb/block/block.ts';
import { decodeChunk } from '../../src/tsdb/chunk/decode-chunk.ts';
import type { FlatHistogram } from '../../src/tsdb/chunk/flat-histogram.ts';
import { bucketIndexes } from '../../src/tsdb/chunk/histogram-layout.ts';
import { BlockChunkSource } from '../../src/tsdb/compact/block-chunk-source.ts';
import { flatSample, type TestSample } from './chunk-source.ts';
import { ALL_TIMES } from './read-block.ts';

const value = new Float64Array(1);
const halves = new Uint32Array(value.buffer);

/** A sample in words that are equal where two samples hold the same: bits of floats, what is in buckets, kind, gauge or not. */
export function sampleText([time, sample]: TestSample): string {
  if (sample === 'stale') return floatText(time, STALE_LOW, STALE_HIGH);
  if (typeof sample !== 'number') return histogramText(time, flatSample(sample));
  value[0] = sample;
  return floatText(time, halves[0]!, halves[1]!);
}

/** Every sample of a block's chunks by the text of its series' labels; deletions are not looked at. */
export function blockTexts(block: Block): Map<string, string[]> {
  const series = new Map<string, string[]>();
  const source = new BlockChunkSource(block, ALL_TIMES.minTime, ALL_TIMES.maxTime);
  while (source.next()) {
    const texts: string[] = [];
    for (const chunk of source.chunks) {
      const { bits, histograms, length, times } = decodeChunk(chunk);
      if (times[0] !== chunk.minTime || times[length - 1] !== chunk.maxTime) texts.push('wrong times');
      for (let i = 0; i < length; i++) {
        const text =
          histograms === null
            ? floatText(times[i]!, bits[2 * i]!, bits[2 * i + 1]!)
            : histogramText(times[i]!, histograms[i]!);
        texts.push(text);
      }
    }
    series.set(String(source.labels), texts);
  }
  return series;
}

function floatText(time: number, low: number, high: number): string {
  return `${time} ${high.toString(16)} ${low.toString(16)}`;
}

function histogramText(time: number, { counts, encoding, halves: bits, hint, isStale, layout }: FlatHistogram): string {
  if (isStale) return `${time} stale histogram`;
  const { customValues, schema, zeroThreshold } = layout;
  const positive = bucketTexts(bucketIndexes(layout.positiveSpans, layout.positiveBuckets), counts, FIRST_BUCKET);
  const negativeFrom = FIRST_BUCKET + layout.positiveBuckets;
  const negative = bucketTexts(bucketIndexes(layout.negativeSpans, layout.negativeBuckets), counts, negativeFrom);
  const sum = `${bits[2 * SUM_SLOT + 1]!.toString(16)} ${bits[2 * SUM_SLOT]!.toString(16)}`;
  const totals = `${counts[COUNT_SLOT]} ${counts[ZERO_SLOT]} ${sum}`;
  const kind = `${encoding} ${hint === 'gauge' ? 'gauge' : 'counter'} ${schema} ${zeroThreshold} [${customValues}]`;
  return `${time} ${kind} ${totals} +${positive} -${negative}`;
}

function bucketTexts(indexes: Int32Array, counts: Float64Array, from: number): string {
  return Array.from(indexes, (index, i) => (counts[from + i] === 0 ? '' : ` ${index}:${counts[from + i]}`)).join('');
}
