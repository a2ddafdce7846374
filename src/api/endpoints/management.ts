import { type Answer, empty, plainError, plainText, redirect } from '../answer.ts';
import type { Call } from '../call.ts';
import { jsonText } from '../json.ts';

/** The name by which health checks know the server; probes compare the whole text. */
const APP_NAME = 'Prometheus Server';

/** GET, HEAD /-/healthy: the process serves. */
export function healthy({ method }: Call): Answer {
  if (method === 'HEAD') return empty(200);
  return plainText(200, `${APP_NAME} is Healthy.\n`);
}

/**
 * GET, HEAD /-/ready: reached only when the storage is open. A storage that takes no samples for now says so in a line
 * more; queries are answered, so it is no reason to be taken out of service (docs/decisions/).
 */
export function ready({ deps, method }: Call): Answer {
  if (method === 'HEAD') return empty(200);
  const stopped = deps.storage.appendsStopped();
  return plainText(200, `${APP_NAME} is Ready.\n${stopped === null ? '' : `${stopped}\n`}`);
}

/** POST, PUT /-/reload */
export async function reload({ deps }: Call): Promise<Answer> {
  if (!deps.settings.enableLifecycle) return lifecycleDisabled();
  try {
    await deps.lifecycle.reload();
    return empty(200);
  } catch (error) {
    return plainError(500, `failed to reload config: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** POST, PUT /-/quit */
export function quit({ deps }: Call): Answer {
  if (!deps.settings.enableLifecycle) return lifecycleDisabled();
  if (deps.lifecycle.readiness() === 'stopping') return plainText(200, 'Termination already in progress.');
  deps.lifecycle.quit();
  return plainText(200, 'Requesting termination... Goodbye!');
}

/** GET /-/reload, /-/quit */
export function postOrPutOnly(): Answer {
  return plainText(405, 'Only POST or PUT requests allowed');
}

/** GET /version */
export function version({ deps }: Call): Answer {
  return plainText(200, `${jsonText(deps.build)}\n`);
}

/** GET / */
export function home({ deps, method }: Call): Answer {
  return redirect(method, 302, `${externalPath(deps.settings.externalUrl)}/query`);
}

/** GET /graph: where the expression browser was before; keeps the query string. */
export function graph({ deps, method, search }: Call): Answer {
  return redirect(method, 302, `${externalPath(deps.settings.externalUrl)}/query?${search}`);
}

function lifecycleDisabled(): Answer {
  return plainText(403, 'Lifecycle API is not enabled.');
}

function externalPath(url: URL): string {
  return url.pathname.replace(/\/+$/, '');
}
