import type { TargetGroup } from '../discovery/target-group.ts';
import { parseDuration } from '../model/duration.ts';
import type { Labels } from '../model/labels.ts';
import type { RelabelRule } from '../model/relabel.ts';
import { MetadataStore, type MetricMetadata } from './metadata-store.ts';
import { publicLabels } from './sample-labels.ts';
import type { ScrapeSettings } from './scrape-config.ts';
import {
  discoveredLabels,
  finalLabels,
  SCRAPE_INTERVAL,
  SCRAPE_TIMEOUT,
  scrapeUrl,
  TargetError,
} from './target-labels.ts';

export type TargetHealth = 'unknown' | 'up' | 'down';

/** Something to scrape, and how its last scrape went. */
export class Target {
  readonly settings: ScrapeSettings;
  /** All labels, those that steer the scrape included. */
  readonly allLabels: Labels;
  /** The labels that its series get. */
  readonly labels: Labels;
  readonly scrapeUrl: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Equal for two targets that are the same one. */
  readonly key: string;
  metadata = new MetadataStore();

  /** What discovery found; kept up to date for the API where only this changed. */
  discoveredLabels: Labels;
  health: TargetHealth = 'unknown';
  /** Empty: the last scrape worked, or there was none yet. */
  lastError = '';
  /** Milliseconds since the epoch; `null` before the first scrape. */
  lastScrape: number | null = null;
  lastScrapeDurationSeconds = 0;

  constructor(settings: ScrapeSettings, discovered: Labels, labels: Labels) {
    this.settings = settings;
    this.discoveredLabels = discovered;
    this.allLabels = labels;
    this.labels = publicLabels(labels);
    this.scrapeUrl = scrapeUrl(labels, settings.params);
    this.intervalMs = parseDuration(labels.get(SCRAPE_INTERVAL));
    this.timeoutMs = parseDuration(labels.get(SCRAPE_TIMEOUT));
    this.key = `${labels.key}\n${this.scrapeUrl}`;
  }

  get scrapePool(): string {
    return this.settings.jobName;
  }

  get scrapeInterval(): string {
    return this.allLabels.get(SCRAPE_INTERVAL);
  }

  get scrapeTimeout(): string {
    return this.allLabels.get(SCRAPE_TIMEOUT);
  }

  report(time: number, durationSeconds: number, error: string): void {
    this.health = error === '' ? 'up' : 'down';
    this.lastError = error;
    this.lastScrape = time;
    this.lastScrapeDurationSeconds = durationSeconds;
  }

  /** Goes on where `other`, the same target under an earlier configuration, was. */
  takeOver(other: Target): void {
    this.metadata = other.metadata;
    this.health = other.health;
    this.lastError = other.lastError;
    this.lastScrape = other.lastScrape;
    this.lastScrapeDurationSeconds = other.lastScrapeDurationSeconds;
  }

  listMetadata(): readonly MetricMetadata[] {
    return this.metadata.list();
  }
}

/** A target that relabelling dropped. */
export interface DroppedTarget {
  readonly scrapePool: string;
  readonly discoveredLabels: Labels;
}

export interface GroupTargets {
  readonly targets: readonly Target[];
  readonly dropped: readonly DroppedTarget[];
  /** Targets that can not be made, each with its reason. */
  readonly failures: readonly string[];
}

/** Makes the targets of a group. */
export function targetsFromGroup(
  group: TargetGroup,
  settings: ScrapeSettings,
  rules: readonly RelabelRule[],
): GroupTargets {
  const targets: Target[] = [];
  const dropped: DroppedTarget[] = [];
  const failures: string[] = [];
  for (let i = 0; i < group.targets.length; i++) {
    const discovered = discoveredLabels(settings, group.targets[i]!, group.labels);
    try {
      const labels = finalLabels(discovered, rules);
      const target = labels === null ? null : new Target(settings, discovered, labels);
      if (target === null || target.labels.size === 0) {
        dropped.push({ scrapePool: settings.jobName, discoveredLabels: discovered });
      } else {
        targets.push(target);
      }
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      failures.push(`instance ${i} in group ${group.source}: ${error.message}`);
    }
  }
  return { targets, dropped, failures };
}
