import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OpenMetricsFile, PieceError } from './open-metrics-pieces.ts';

const directory = mkdtempSync(join(tmpdir(), 'narthex-pieces-'));
afterAll(() => rmSync(directory, { recursive: true }));

const TEXT = `${[
  '# TYPE a histogram',
  'a_bucket{le="1"} 1 1',
  '# HELP a some text that is rather long',
  'a_bucket{le="+Inf"} 2 1',
  '# TYPE b gauge',
  'b{x="y z"} NaN 2',
  'b 3 2.5',
].join('\n')}\n# EOF\n`;

/** Series, type, value and time of each row, for pieces of a size. */
function read(text: string, pieceBytes: number): string[] {
  const path = join(directory, 'input');
  writeFileSync(path, text);
  const file = new OpenMetricsFile(path, pieceBytes);
  try {
    const seen: string[] = [];
    for (const { bytes, rows, typeOf } of file.pieces()) {
      for (let row = 0; row < rows.length; row++) {
        const series = Buffer.from(bytes.subarray(rows.seriesStart[row]!, rows.seriesEnd[row]!)).toString();
        seen.push(`${typeOf(row)} ${series} ${rows.values[row]} ${rows.times[row]}`);
      }
    }
    return seen;
  } finally {
    file.close();
  }
}

describe('OpenMetricsFile', () => {
  it('reads the same whatever the size of its pieces', () => {
    const expected = [
      'histogram a_bucket{le="1"} 1 1000',
      'histogram a_bucket{le="+Inf"} 2 1000',
      'gauge b{x="y z"} NaN 2000',
      'gauge b 3 2500',
    ];
    for (let pieceBytes = 1; pieceBytes <= TEXT.length + 1; pieceBytes++)
      expect(read(TEXT, pieceBytes)).toEqual(expected);
  });

  it('tells where in the file it is damaged', () => {
    for (const pieceBytes of [10, 50, 1000]) {
      const at = TEXT.indexOf('b 3');
      const fault = (text: string) => {
        try {
          read(text, pieceBytes);
        } catch (error) {
          return error instanceof PieceError ? [error.message, error.offset] : error;
        }
        return null;
      };
      expect(fault(TEXT.replace('b 3 2.5', 'b x 2.5'))).toEqual([expect.stringContaining('x'), at]);
      expect(fault(TEXT.replace('# EOF\n', ''))).toEqual(['data does not end with # EOF', expect.any(Number)]);
      expect(fault(`${TEXT}b 4 5\n# EOF\n`)).toEqual([
        expect.stringContaining('unexpected data after # EOF'),
        expect.any(Number),
      ]);
      expect(fault('')).toEqual(['data does not end with # EOF', 0]);
    }
  });
});
