import type { Route } from './routes.ts';
import type { DirectHandler } from './serve-route.ts';

/** A handler and the values of `:name` in the path. */
export interface DirectRoute {
  readonly handler: DirectHandler;
  readonly params: Readonly<Record<string, string>>;
}

/** A path with one `:name`, as what stands around it. */
interface Around {
  readonly before: string;
  readonly after: string;
  readonly name: string;
  readonly handlers: ReadonlyMap<string, DirectHandler>;
}

const NO_PARAMS: Readonly<Record<string, string>> = {};

/** Whatever needs no decoding, and is no segment that cleaning a path takes away. */
const PLAIN_VALUE = /^[A-Za-z0-9_]+$/;

/**
 * Finds the handler of a request that is meant for exactly one route: by its path, or by what stands around one plain value
 * in it. Everything else is for the framework.
 */
export class DirectRoutes {
  readonly #prefix: string;
  /** Path -> method -> handler. */
  readonly #exact = new Map<string, Map<string, DirectRoute>>();
  readonly #around: Around[] = [];

  /** `prefix` is what every path begins with, without a slash at the end; empty for none. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Takes routes without parameters and those with one `:name`; others it leaves out. */
  add({ methods, path }: Route, handler: DirectHandler): void {
    const whole = this.#prefix + path;
    const parts = /^([^:*]*):([^/:*]+)([^:*]*)$/.exec(whole);
    if (parts !== null) {
      const [, before, name, after] = parts;
      const handlers = new Map(methods.map((method) => [method, handler]));
      this.#around.push({ before: before!, after: after!, name: name!, handlers });
    } else if (!/[:*]/.test(whole)) {
      let byMethod = this.#exact.get(whole);
      if (byMethod === undefined) {
        byMethod = new Map();
        this.#exact.set(whole, byMethod);
      }
      for (const method of methods) byMethod.set(method, { handler, params: NO_PARAMS });
    }
  }

  /** Null where it takes the framework to tell. */
  find(method: string, path: string): DirectRoute | null {
    const byMethod = this.#exact.get(path);
    if (byMethod !== undefined) return byMethod.get(method) ?? null;
    for (const { before, after, name, handlers } of this.#around) {
      if (!path.startsWith(before) || !path.endsWith(after)) continue;
      const value = path.slice(before.length, path.length - after.length);
      const handler = handlers.get(method);
      if (handler !== undefined && PLAIN_VALUE.test(value)) return { handler, params: { [name]: value } };
    }
    return null;
  }
}
