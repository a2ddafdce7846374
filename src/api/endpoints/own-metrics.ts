import type { Answer } from '../answer.ts';
import type { Call } from '../call.ts';
import { gzipped } from '../compression.ts';

const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

/** GET /metrics: this server's own metrics in the text format, which every scraper takes. */
export function ownMetrics({ deps, header }: Call): Promise<Answer> {
  const answer = { status: 200, headers: { 'content-type': TEXT_FORMAT }, body: deps.registry.render() };
  return gzipped(answer, header('accept-encoding'));
}
