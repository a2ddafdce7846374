/**
 * The configuration where none is given and none lies in the working directory: Narthex scrapes itself every 5 s.
 * `address` is the first one it listens on, `routePrefix` what its paths begin with.
 */
export function builtInConfiguration(address: string, routePrefix: string): string {
  const path = `${routePrefix === '/' ? '' : routePrefix}/metrics`;
  return `# Built in: no --config.file was given and there is no prometheus.yml here.
global:
  scrape_interval: 5s
  evaluation_interval: 5s
scrape_configs:
  - job_name: prometheus
    metrics_path: ${JSON.stringify(path)}
    static_configs:
      - targets: [${JSON.stringify(reachableAddress(address))}]
`;
}

/** An address that listens everywhere is reached through the loopback name. */
export function reachableAddress(address: string): string {
  return address.replace(/^(?:0\.0\.0\.0|\[::\]|)(?=:\d+$)/, 'localhost');
}
