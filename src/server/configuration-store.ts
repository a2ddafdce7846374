import { ConfigError } from '../config/config-error.ts';
import { goDuration } from '../model/go-duration.ts';
import { goQuote } from '../model/labels.ts';
import type { Clock } from '../std/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Gauge, Registry } from '../telemetry/registry.ts';
import {
  type Configuration,
  type ConfigurationSurroundings,
  configurationFromText,
  loadConfigurationFile,
} from './config-file.ts';
import { NOTICES, type Notifications } from './notifications.ts';
import { unsupportedOf } from './unsupported.ts';

/** Where the configuration comes from: a file, or a text that is built in. */
export type ConfigurationSource =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'built-in'; readonly yaml: string };

export interface ConfigurationStoreOptions {
  readonly source: ConfigurationSource;
  readonly surroundings: ConfigurationSurroundings;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly notifications: Notifications;
}

/** A part that runs on the configuration; called with each new one. Throws where it can not. */
export type ConfigurationConsumer = (configuration: Configuration) => void;

/**
 * The configuration in force. `load` reads it for the first time; `reload` replaces it by what the source says then, or
 * keeps it where that is wrong: parts never see a configuration that does not hold together.
 */
export class ConfigurationStore {
  readonly #options: ConfigurationStoreOptions;
  readonly #successful: Gauge;
  readonly #successTime: Gauge;
  readonly #consumers: { readonly name: string; readonly apply: ConfigurationConsumer }[] = [];
  #source: ConfigurationSource;
  #current: Configuration;
  #lastSuccess: number;
  #lastSuccessful = true;

  /** Reads the configuration. Throws ConfigError. */
  constructor(options: ConfigurationStoreOptions) {
    this.#options = options;
    this.#source = options.source;
    this.#current = this.#read();
    this.#lastSuccess = options.clock.now();
    const { registry } = options;
    this.#successful = registry
      .gauge({
        name: 'prometheus_config_last_reload_successful',
        help: 'Whether the last attempt to load the configuration was successful.',
      })
      .with();
    this.#successTime = registry
      .gauge({
        name: 'prometheus_config_last_reload_success_timestamp_seconds',
        help: 'Time of the last successful load of the configuration.',
      })
      .with();
    this.#note(true);
  }

  get current(): Configuration {
    return this.#current;
  }

  /** When the configuration in force was loaded, and whether the last attempt worked. */
  get lastReload(): { readonly successful: boolean; readonly time: number } {
    return { successful: this.#lastSuccessful, time: this.#lastSuccess };
  }

  /** The file, or null for the built-in configuration. */
  get file(): string | null {
    return this.#source.kind === 'file' ? this.#source.file : null;
  }

  /** Replaces a built-in text, whose address is known for sure only once the server listens. */
  replaceBuiltIn(yaml: string): void {
    if (this.#source.kind !== 'built-in' || this.#source.yaml === yaml) return;
    this.#source = { kind: 'built-in', yaml };
    this.#current = this.#read();
  }

  /** Hands the configuration to a part, now and after every reload. */
  consume(name: string, apply: ConfigurationConsumer): void {
    this.#consumers.push({ name, apply });
    apply(this.#current);
  }

  /** Reads the source again and hands it to all parts. Throws, and keeps the old one, where it is wrong. */
  reload(): void {
    const { log, clock } = this.#options;
    const started = clock.monotonic();
    log.info('Loading configuration file', { filename: this.#name() });
    try {
      const next = this.#read();
      this.#current = next;
      const failed = this.#apply(next);
      if (failed.length > 0) throw new Error(`applying the new configuration failed for: ${failed.join(', ')}`);
    } catch (error) {
      this.#note(false);
      log.error('Error reloading config', { err: error });
      throw new Error(`couldn't load configuration (--config.file=${goQuote(this.#name())}): ${messageOf(error)}`, {
        cause: error,
      });
    }
    this.#note(true);
    const totalDuration = goDuration(clock.monotonic() - started);
    log.info('Completed loading of configuration file', { filename: this.#name(), totalDuration });
  }

  /** Parts one by one, each failure logged: one part's trouble does not keep the others on the old configuration. */
  #apply(configuration: Configuration): string[] {
    const failed: string[] = [];
    for (const { name, apply } of this.#consumers) {
      try {
        apply(configuration);
      } catch (error) {
        failed.push(name);
        this.#options.log.error('Failed to apply configuration', { part: name, err: error });
      }
    }
    return failed;
  }

  #read(): Configuration {
    const { surroundings, log } = this.#options;
    const source = this.#source;
    const configuration =
      source.kind === 'file'
        ? loadConfigurationFile(source.file, surroundings)
        : configurationFromText('built-in.yml', source.yaml, surroundings);
    const { refusal, warnings } = unsupportedOf(configuration);
    if (refusal !== null) throw new ConfigError(this.#name(), 0, `parsing YAML file ${this.#name()}: ${refusal}`);
    for (const text of [...configuration.notes, ...warnings]) log.warn(text, { file: this.#name() });
    return configuration;
  }

  #name(): string {
    return this.#source.kind === 'file' ? this.#source.file : 'built-in';
  }

  #note(successful: boolean): void {
    const now = this.#options.clock.now();
    this.#lastSuccessful = successful;
    this.#successful.set(successful ? 1 : 0);
    this.#options.notifications.set(NOTICES.reloadFailed, !successful);
    if (!successful) return;
    this.#lastSuccess = now;
    this.#successTime.set(now / 1000);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
