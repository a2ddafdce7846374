import { xorAppendUsual } from '../../src/kernels/xor-append.ts';
import { xorDecode } from '../../src/kernels/xor-decode.ts';
import { XOR_STATE_DOUBLES, xorAppend, xorBegin, xorByteLength } from '../../src/kernels/xor-encode.ts';
import { bestSeconds, type KernelResult, resultHash } from '../kernel-bench.ts';

const CHUNK_SAMPLES = 120;

/** XOR chunks of 120 samples every 15 s, one core: what series look like decides how fast they are. */
export function run(smoke: boolean): readonly KernelResult[] {
  const chunks = smoke ? 20 : 4000;
  const random = generator(42);
  let total = 0;
  const shapes: [string, (i: number) => number, () => number][] = [
    ['constant', () => 1, () => 0],
    ['counter', () => (total += random() % 100), () => 0],
    ['counter, jitter of 5 ms', () => (total += random() % 100), () => random() % 5],
    ['gauge, one decimal', (i) => Math.round(200 + 50 * Math.sin(i / 50)) / 10, () => 0],
    ['random doubles', () => random() / 2 ** 32, () => random() % 5],
  ];
  return shapes.flatMap(([name, value, jitter]) => benchShape(name, chunks, value, jitter));
}

function benchShape(name: string, chunks: number, value: (i: number) => number, jitter: () => number): KernelResult[] {
  const samples = chunks * CHUNK_SAMPLES;
  const times = Float64Array.from({ length: samples }, (_, i) => 1_700_000_000_000 + 15_000 * i + jitter());
  const values = Float64Array.from({ length: samples }, (_, i) => value(i));
  const bits = new Uint32Array(values.buffer);
  const memory = new SharedArrayBuffer(chunks * 2048);
  const bytes = new Uint8Array(memory);
  const view = new DataView(memory);
  const ends = new Uint32Array(chunks);
  const doubles = new Float64Array(XOR_STATE_DOUBLES);
  const words = new Uint32Array(doubles.buffer);
  const encode = (): void => {
    for (let chunk = 0; chunk < chunks; chunk++) {
      const start = chunk * 2048;
      xorBegin(bytes, start, words, 0);
      for (let i = chunk * CHUNK_SAMPLES; i < (chunk + 1) * CHUNK_SAMPLES; i++) {
        if (xorAppendUsual(view, start, doubles, words, 0, times[i]!, bits[2 * i]!, bits[2 * i + 1]!)) continue;
        xorAppend(bytes, start, doubles, words, 0, times[i]!, bits[2 * i]!, bits[2 * i + 1]!);
      }
      ends[chunk] = start + xorByteLength(words, 0);
    }
  };
  const decodedTimes = new Float64Array(CHUNK_SAMPLES);
  const decodedValues = new Float64Array(CHUNK_SAMPLES);
  const decodedBits = new Uint32Array(decodedValues.buffer);
  let failures = 0;
  const decode = (): void => {
    for (let chunk = 0; chunk < chunks; chunk++) {
      const end = xorDecode(bytes, view, chunk * 2048, ends[chunk]!, CHUNK_SAMPLES, decodedTimes, decodedBits, 0);
      if (end !== ends[chunk]) failures++;
    }
  };
  const encodeSeconds = bestSeconds(encode, 5);
  const decodeSeconds = bestSeconds(decode, 20);
  if (failures > 0) throw new Error(`Cannot decode ${failures} chunks of "${name}"`);
  const rate = (seconds: number): number => samples / seconds / 1e6;
  return [
    { name: `xor encode, ${name}`, unit: 'M samples/s', rate: rate(encodeSeconds), hash: resultHash(bytes) },
    {
      name: `xor decode, ${name}`,
      unit: 'M samples/s',
      rate: rate(decodeSeconds),
      hash: resultHash(decodedTimes, decodedBits),
    },
  ];
}

/** Unsigned 32-bit numbers, the same ones in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
