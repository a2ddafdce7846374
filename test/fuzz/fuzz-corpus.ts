import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parsePromqlScript } from '../../src/promql/script/promql-script.ts';
import { generateQuery } from './generate-query.ts';
import { randomFrom } from './random.ts';

const SHARED = new URL('../../../shared/', import.meta.url);
const GENERATED = 500;

/** Queries to mutate: generated ones, those of the conformance scripts and the recorded ones where they are present. */
export function fuzzCorpus(): string[] {
  const random = randomFrom(1);
  const corpus = Array.from({ length: GENERATED }, () => generateQuery(random));
  const scripts = new URL('conformance/promql/', SHARED);
  if (existsSync(scripts)) {
    for (const name of readdirSync(scripts, { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.test')) corpus.push(...queriesOf(readFileSync(new URL(name, scripts), 'utf8')));
    }
  }
  const record = new URL('golden/recorded/promql-and-api.jsonl.gz', SHARED);
  if (existsSync(record)) corpus.push(...recordedQueries(gunzipSync(readFileSync(record)).toString('utf8')));
  return corpus;
}

function queriesOf(script: string): string[] {
  return parsePromqlScript(script).flatMap((command) => (command.kind === 'eval' ? [command.text] : []));
}

function recordedQueries(lines: string): string[] {
  const queries = new Set<string>();
  for (const line of lines.trimEnd().split('\n').slice(1)) {
    const { request } = JSON.parse(line) as { request: { params?: { query?: unknown } } };
    if (typeof request.params?.query === 'string') queries.add(request.params.query);
  }
  return [...queries];
}
