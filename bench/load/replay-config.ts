/** What a server is to scrape from a replay exporter. */
export interface ReplayFleet {
  readonly targets: number;
  readonly seriesPerTarget: number;
  readonly intervalMs: number;
}

/** The configuration of a server that scrapes the exporter at `port`, which counts the scrapes of each `client` apart. */
export function replayConfig(
  client: string,
  port: number,
  { targets, seriesPerTarget, intervalMs }: ReplayFleet,
): string {
  const groups = Array.from(
    { length: targets },
    (_, index) => `
      - targets: ['127.0.0.1:${port}']
        labels: {__metrics_path__: '/metrics/${index}', instance: 'target-${index}'}`,
  );
  return `
global: {scrape_interval: ${intervalMs}ms, scrape_timeout: ${intervalMs}ms}
scrape_configs:
  - job_name: replay
    params: {client: ['${client}'], series: ['${seriesPerTarget}']}
    static_configs: ${groups.join('')}
`;
}
