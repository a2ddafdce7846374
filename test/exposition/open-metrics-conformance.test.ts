import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bodyFromBytes } from '../../src/exposition/body.ts';
import { ExpositionError } from '../../src/exposition/exposition-error.ts';
import { parseOpenMetricsBody } from '../../src/exposition/open-metrics-format.ts';
import { createExpositionRows } from '../../src/exposition/rows.ts';

/** One folder per case: the body in `metrics`, what the suite expects of it in `test.json`. */
const SUITE = new URL('../../../shared/conformance/openmetrics/', import.meta.url).pathname;

/**
 * What is refused of the bodies that the suite calls bad. The suite holds parsers to the whole specification; the
 * reference's parser does not check families, orders, types' suffixes or the range of values, and accepts the rest. Two more, with a label name twice, are refused when their samples are taken.
 */
const REFUSED_MIN = 87;

function accepts(body: Uint8Array): boolean {
  try {
    parseOpenMetricsBody(bodyFromBytes(body), createExpositionRows(64));
    return true;
  } catch (error) {
    if (!(error instanceof ExpositionError)) throw error;
    return false;
  }
}

test.skipIf(!existsSync(SUITE))(
  'the OpenMetrics suite: all good bodies are accepted, bad ones refused as far as the reference does',
  () => {
    const wronglyRefused: string[] = [];
    const wronglyAccepted: string[] = [];
    let good = 0;
    let refused = 0;
    for (const name of readdirSync(SUITE).sort()) {
      const { file, shouldParse } = JSON.parse(readFileSync(`${SUITE}${name}/test.json`, 'utf8')) as {
        readonly file: string;
        readonly shouldParse: boolean;
      };
      const accepted = accepts(readFileSync(`${SUITE}${name}/${file}`));
      if (shouldParse) good++;
      if (shouldParse && !accepted) wronglyRefused.push(name);
      if (!shouldParse && accepted) wronglyAccepted.push(name);
      if (!shouldParse && !accepted) refused++;
    }
    console.log(
      `OpenMetrics suite: ${good - wronglyRefused.length} of ${good} good bodies accepted, ${refused} of ${refused + wronglyAccepted.length} bad ones refused`,
    );
    expect(good).toBeGreaterThan(0);
    expect(wronglyRefused).toEqual([]);
    expect(refused).toBeGreaterThanOrEqual(REFUSED_MIN);
  },
);
