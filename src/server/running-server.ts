import type { Readiness } from '../api/dependencies.ts';
import { createHttpServer, type HttpServer } from '../api/server.ts';
import { formatDuration } from '../model/duration.ts';
import { apiDependencies } from './api-dependencies.ts';
import { startAutoReload } from './auto-reload.ts';
import { builtInConfiguration } from './built-in-configuration.ts';
import type { Parts } from './compose.ts';
import { exemplarsMax } from './exemplars-max.ts';
import type { ServerOptions } from './flags/options.ts';
import { MetadataKeeper } from './metadata-keeper.ts';
import { NOTICES } from './notifications.ts';
import { sampleForms } from './sample-forms.ts';
import { listenFailure, storageFailure } from './start-failure.ts';

/** Requests that run when the server stops get so long to end; then they are cut off. */
const REQUEST_GRACE_MS = 1000;

/**
 * The life of a server: `start` until it is ready, `stop` until everything is on the disk. Both may be called once;
 * `stop` works at any point of `start`.
 */
export class RunningServer {
  readonly #parts: Parts;
  readonly #options: ServerOptions;
  readonly #onQuit: () => void;
  #readiness: Readiness = 'starting';
  #opening: Promise<void> | null = null;
  #http: HttpServer | null = null;
  #metadata: MetadataKeeper | null = null;
  #endAutoReload = (): void => {};

  /** `onQuit` is called when a client asks the server to stop. */
  constructor(parts: Parts, options: ServerOptions, onQuit: () => void) {
    this.#parts = parts;
    this.#options = options;
    this.#onQuit = onQuit;
    const ready = { name: 'prometheus_ready', help: 'Whether the server is ready to answer queries.' };
    parts.registry.gaugeFrom(ready, () => (this.#readiness === 'ready' ? 1 : 0));
  }

  /**
   * Takes the data directory, listens, calls `announce` with the addresses, reads the log, and begins to scrape.
   * Throws StartFailure.
   */
  async start(announce: (addresses: readonly string[]) => void): Promise<void> {
    const { notifications, configuration, scrape, log } = this.#parts;
    notifications.set(NOTICES.startingUp, true);
    this.#opening = this.#openStorage();
    // A directory that can not be had fails within this turn, before anything listens.
    await Promise.race([this.#opening, nextTurn()]);
    const [, addresses] = await Promise.all([this.#opening, this.#listen(announce)]);
    notifications.set(NOTICES.startingUp, false);
    if (this.#readiness === 'stopping') return;
    this.#readiness = 'ready';
    log.info('Server is ready to receive web requests.');
    configuration.replaceBuiltIn(builtInConfiguration(addresses[0]!, this.#options.web.routePrefix));
    configuration.consume('scrape', (current) => scrape.apply(current.scrape));
    this.#metadata = this.#keepMetadata();
    configuration.consume('exemplars', (current) => {
      this.#parts.database.opened?.setExemplarsMax(exemplarsMax(this.#options, current));
    });
    configuration.consume('chunk encoding', (current) => {
      this.#parts.database.opened?.setForms(sampleForms(this.#options, current));
    });
    configuration.consume('out-of-order window', (current) => {
      this.#parts.database.opened?.setOutOfOrderWindow(current.storage.outOfOrderMs);
    });
    this.#watchConfiguration();
  }

  /** Reads the configuration again. Throws what is wrong with it. */
  reload(): void {
    if (this.#readiness !== 'ready') throw new Error(`the server is ${this.#readiness}`);
    this.#parts.configuration.reload();
  }

  /** Ends scrapes and requests, writes what is left, and gives the data directory free. */
  async stop(): Promise<void> {
    this.#readiness = 'stopping';
    this.#parts.notifications.set(NOTICES.shuttingDown, true);
    this.#endAutoReload();
    const metadata = this.#metadata?.stop();
    await this.#parts.scrape.stop();
    await this.#http?.close(REQUEST_GRACE_MS);
    // A start that failed has told so already.
    await this.#opening?.catch(() => {});
    await metadata;
    await this.#parts.closeRunner();
    await this.#parts.database.opened?.close();
  }

  #keepMetadata(): MetadataKeeper {
    const { clock, database, log, scrape } = this.#parts;
    const opened = database.require();
    return new MetadataKeeper({
      archive: opened.metadata,
      clock,
      log,
      describe: () => scrape.descriptions(),
      isPaused: () => opened.appendsStopped !== null,
    });
  }

  async #openStorage(): Promise<void> {
    const { path } = this.#options.storage;
    try {
      this.#parts.database.put(await this.#parts.openStorage());
    } catch (error) {
      throw storageFailure(path, error);
    }
  }

  async #listen(announce: (addresses: readonly string[]) => void): Promise<readonly string[]> {
    const http = createHttpServer(
      apiDependencies(this.#parts, this.#options, {
        readiness: () => this.#readiness,
        reload: async () => this.reload(),
        quit: this.#onQuit,
      }),
    );
    this.#http = http;
    const addresses: string[] = [];
    for (const address of this.#options.web.listenAddresses) {
      try {
        addresses.push(await http.listen(address));
      } catch (error) {
        throw listenFailure(address, error);
      }
      this.#parts.log.info('Listening on', { component: 'web', address: addresses.at(-1) });
    }
    announce(addresses);
    return addresses;
  }

  #watchConfiguration(): void {
    const { configuration, clock, log } = this.#parts;
    const { autoReload, autoReloadIntervalMs } = this.#options.config;
    if (!autoReload || configuration.file === null) return;
    log.info('Automatic configuration file reloading enabled', { interval: formatDuration(autoReloadIntervalMs) });
    this.#endAutoReload = startAutoReload({
      intervalMs: autoReloadIntervalMs,
      clock,
      file: configuration.file,
      current: () => configuration.current,
      reload: () => {
        try {
          configuration.reload();
        } catch {
          // The store has logged it.
        }
      },
    });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
