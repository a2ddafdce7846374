import { type Answer, pageNotFound, plainError } from '../answer.ts';
import { ApiError } from '../api-error.ts';
import type { Call } from '../call.ts';
import type { ApiResult } from '../envelope.ts';

/** Parts of the reference's API that this version does not have. Each says so; none answers an empty truth. */

/** GET /api/v1/scrape_pools/config, /api/v1/targets/relabel_steps */
export function poolConfiguration({ form, path }: Call): ApiResult {
  if (form.get('scrapePool') === '') throw new ApiError('bad_data', 'no scrapePool parameter provided');
  throw notYet(path.slice(path.indexOf('/api/v1/') + 7));
}

/** GET /api/v1/status/self_metrics */
export function selfMetrics(): ApiResult {
  throw notYet('/status/self_metrics');
}

/** GET, POST /api/v1/search/* */
export function search({ deps, path }: Call): ApiResult {
  if (!deps.settings.enableSearch) throw new ApiError('unavailable', 'search API disabled');
  throw notYet(path.slice(path.indexOf('/search/')));
}

/** POST /api/v1/otlp/v1/metrics */
export function otlp({ deps }: Call): Answer {
  if (deps.settings.enableOtlpReceiver) return plainNotYet('the OTLP receiver');
  return plainError(404, 'otlp write receiver needs to be enabled with --web.enable-otlp-receiver');
}

/** GET /consoles/*filepath */
export function consoles(): Answer {
  return plainNotYet('the console template feature');
}

/** GET /api/v1/openapi.yaml */
export function openApi(): Answer {
  return plainNotYet('the OpenAPI description');
}

/** GET, POST /debug/*subpath */
export function debug({ path }: Call): Answer {
  return path.includes('/debug/pprof') ? plainNotYet('profiling over HTTP') : pageNotFound();
}

function notYet(path: string): ApiError {
  return new ApiError('unavailable', `${path} is not supported yet`);
}

function plainNotYet(subject: string): Answer {
  return plainError(501, `${subject} is not supported yet`);
}
