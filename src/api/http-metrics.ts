import type { Counter, Observer, Registry } from '../telemetry/registry.ts';

/** Counts what one route answers. */
export interface RouteMetrics {
  observe(status: number, durationSeconds: number, bodySize: number): void;
}

/** The metrics of all routes; `handler` is the route's path as the table writes it. */
export interface HttpMetrics {
  route(handler: string): RouteMetrics;
  connectionAccepted(): void;
  connectionClosed(): void;
}

const DURATION_BUCKETS = [0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120];
const SIZE_BUCKETS = [100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

export function createHttpMetrics(registry: Registry): HttpMetrics {
  const requests = registry.counter({
    name: 'prometheus_http_requests_total',
    help: 'Counter of HTTP requests.',
    labelNames: ['handler', 'code'],
  });
  const durations = registry.histogram({
    name: 'prometheus_http_request_duration_seconds',
    help: 'Histogram of latencies for HTTP requests.',
    labelNames: ['handler'],
    buckets: DURATION_BUCKETS,
  });
  const sizes = registry.histogram({
    name: 'prometheus_http_response_size_bytes',
    help: 'Histogram of response size for HTTP requests.',
    labelNames: ['handler'],
    buckets: SIZE_BUCKETS,
  });
  const accepted = registry
    .counter({
      name: 'net_conntrack_listener_conn_accepted_total',
      help: 'Total number of connections opened to the listener of a given name.',
      labelNames: ['listener_name'],
    })
    .with('http');
  const closed = registry
    .counter({
      name: 'net_conntrack_listener_conn_closed_total',
      help: 'Total number of connections closed that were made to the listener of a given name.',
      labelNames: ['listener_name'],
    })
    .with('http');

  registerMetricsHandler(registry);

  const route = (handler: string): RouteMetrics => {
    const byStatus = new Map<number, Counter>([[200, requests.with(handler, '200')]]);
    let duration: Observer | null = null;
    let size: Observer | null = null;
    return {
      observe(status, durationSeconds, bodySize) {
        let counter = byStatus.get(status);
        if (counter === undefined) {
          counter = requests.with(handler, String(status));
          byStatus.set(status, counter);
        }
        counter.inc();
        duration ??= durations.with(handler);
        duration.observe(durationSeconds);
        size ??= sizes.with(handler);
        size.observe(bodySize);
      },
    };
  };
  return { route, connectionAccepted: () => accepted.inc(), connectionClosed: () => closed.inc() };
}

/** The reference's metrics library counts the answers of `/metrics` once more under a name of its own. */
function registerMetricsHandler(registry: Registry): void {
  const scrapes = registry.counter({
    name: 'promhttp_metric_handler_requests_total',
    help: 'Total number of scrapes by HTTP status code.',
    labelNames: ['code'],
  });
  const served = scrapes.with('200');
  scrapes.with('500');
  scrapes.with('503');
  // Rendering happens within one turn of the event loop, so the one scrape that reads this is the one in flight.
  registry.gaugeFrom(
    { name: 'promhttp_metric_handler_requests_in_flight', help: 'Current number of scrapes being served.' },
    () => {
      served.inc();
      return 1;
    },
  );
}
