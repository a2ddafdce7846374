import { SourceMap } from 'node:module';
import type { Plugin } from 'vite';

const logCall = /\.(?:debug|info|warn|error)\(/;

/**
 * Writes `log-places.json` beside a bundle: for every line of it that may write to the log, the source file and line it
 * was made of (`"chunks/x.js:12": "serve.ts:45"`), so that the server's log names sources. The whole source maps would
 * say the same and take 40 ms to read at each start.
 */
export function logPlaces(): Plugin {
  return {
    name: 'log-places',
    generateBundle(_options, bundle) {
      const places: Record<string, string> = {};
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || chunk.map === null) continue;
        const map = new SourceMap({ ...chunk.map, file: chunk.fileName, sourceRoot: '' });
        for (const [index, line] of chunk.code.split('\n').entries()) {
          const column = logCall.exec(line)?.index;
          if (column === undefined) continue;
          const entry = map.findEntry(index, column);
          if (!('originalSource' in entry) || entry.originalSource.includes('node_modules')) continue;
          const file = entry.originalSource.replace(/^.*\//, '');
          places[`${chunk.fileName.replace(/^.*\//, '')}:${index + 1}`] = `${file}:${entry.originalLine + 1}`;
        }
      }
      this.emitFile({ type: 'asset', fileName: 'log-places.json', source: JSON.stringify(places) });
    },
  };
}
