import { existsSync, readFileSync } from 'node:fs';

let places: Readonly<Record<string, string>> | undefined;

/**
 * The source file and line, `serve.ts:45`, of a place in what runs, `x.js:12`. A build of one file has a table of them
 * beside it (`tools/log-places.ts`), read at the first call; without it, and for a place it lacks, the place itself.
 */
export function sourcePlace(place: string): string {
  places ??= readPlaces();
  return places[place] ?? place;
}

function readPlaces(): Readonly<Record<string, string>> {
  // This module lies in an entry of the build or in its folder of chunks.
  for (const path of ['./log-places.json', '../log-places.json']) {
    const url = new URL(path, import.meta.url);
    if (!existsSync(url)) continue;
    try {
      return JSON.parse(readFileSync(url, 'utf8')) as Readonly<Record<string, string>>;
    } catch {
      // A log that names the lines of the build is better than none.
      return {};
    }
  }
  return {};
}
