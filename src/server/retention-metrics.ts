import type { Registry } from '../telemetry/registry.ts';
import type { StorageSettings } from './config/storage-section.ts';

/** The limits that the configuration in force sets to the life of samples. */
export function registerRetentionMetrics(registry: Registry, settings: () => StorageSettings): void {
  const gauge = (name: string, help: string, read: () => number) => registry.gaugeFrom({ name, help }, read);
  gauge(
    'prometheus_tsdb_retention_limit_seconds',
    'How long samples are kept, in seconds; 0 = no limit.',
    () => settings().retentionMs / 1000,
  );
  gauge(
    'prometheus_tsdb_retention_limit_bytes',
    'How many bytes blocks may take; 0 = no limit.',
    () => settings().retentionBytes,
  );
  gauge(
    'prometheus_tsdb_retention_limit_percentage',
    'How much of the file system blocks may take, in percent; 0 = no limit.',
    () => settings().retentionPercent,
  );
}
