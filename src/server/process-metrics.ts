import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BuildInfo } from '../api/dependencies.ts';
import type { Registry } from '../telemetry/registry.ts';

/** Bytes and seconds of this process under the names dashboards know, and what Node tells in place of Go's runtime. */
export function registerProcessMetrics(registry: Registry, build: BuildInfo): void {
  const gauge = (name: string, help: string, read: () => number) => registry.gaugeFrom({ name, help }, read);
  const counter = (name: string, help: string, read: () => number) => registry.counterFrom({ name, help }, read);

  const names = ['branch', 'goarch', 'goos', 'goversion', 'revision', 'tags', 'version'];
  registry
    .gauge({
      name: 'prometheus_build_info',
      help: 'Always 1; the labels tell which version of the reference this server stands for.',
      labelNames: names,
    })
    .with(build.branch, process.arch, process.platform, build.goVersion, build.revision, '', build.version)
    .set(1);
  registry
    .gauge({
      name: 'narthex_build_info',
      help: 'Always 1; the labels tell the version.',
      labelNames: ['version', 'node'],
    })
    .with(build.narthexVersion, process.versions.node)
    .set(1);

  counter('process_cpu_seconds_total', 'User and system time spent, in seconds.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge(
    'process_start_time_seconds',
    'Start of the process, seconds since the epoch.',
    () => performance.timeOrigin / 1000,
  );
  gauge('process_resident_memory_bytes', 'Memory in RAM, bytes.', () => process.memoryUsage.rss());
  registerLinuxMetrics(gauge);
  registerNetworkMetrics(counter);

  gauge('nodejs_heap_size_total_bytes', 'Size of the JavaScript heap, bytes.', () => process.memoryUsage().heapTotal);
  gauge(
    'nodejs_heap_size_used_bytes',
    'Used part of the JavaScript heap, bytes.',
    () => process.memoryUsage().heapUsed,
  );
  gauge(
    'nodejs_external_memory_bytes',
    'Memory outside the JavaScript heap, bytes.',
    () => process.memoryUsage().external,
  );
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  registry.gaugesFrom(
    {
      name: 'narthex_event_loop_delay_seconds',
      help: 'How late the event loop was since the last scrape, seconds.',
      labelNames: ['quantile'],
    },
    () => {
      const values = [0.5, 0.9, 0.99, 1].map((quantile) => {
        const nanoseconds = quantile === 1 ? delay.max : delay.percentile(quantile * 100);
        return [[String(quantile)], Math.max(0, nanoseconds / 1e9 - DELAY_RESOLUTION_MS / 1000)] as const;
      });
      delay.reset();
      return values;
    },
  );
}

/** Node looks at the loop so often, and tells the time between two looks: this much of it is no delay. */
const DELAY_RESOLUTION_MS = 20;

/** What /proc tells; other systems do without these metrics. */
function registerLinuxMetrics(gauge: (name: string, help: string, read: () => number) => void): void {
  if (process.platform !== 'linux') return;
  gauge('process_virtual_memory_bytes', 'Size of the address space, bytes.', () => {
    const afterName = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1)!;
    // Field 23 of the line; the first two, process id and name, are cut off.
    return Number(afterName.split(' ')[20]);
  });
  gauge('process_open_fds', 'Open file descriptors.', () => readdirSync('/proc/self/fd').length - 1);
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const softLimit = (line: string) => {
    const text = new RegExp(`^${line} +(\\S+)`, 'm').exec(limits)?.[1];
    return text === 'unlimited' ? 2 ** 64 : Number(text);
  };
  gauge('process_max_fds', 'Largest allowed number of open file descriptors.', () => softLimit('Max open files'));
  gauge('process_virtual_memory_max_bytes', 'Largest allowed address space, bytes.', () =>
    softLimit('Max address space'),
  );
}

/** Bytes of the whole network namespace, as in the reference. */
function registerNetworkMetrics(counter: (name: string, help: string, read: () => number) => void): void {
  if (process.platform !== 'linux') return;
  const octets = (field: string): number => {
    const [names = [], values = []] = readFileSync('/proc/self/net/netstat', 'latin1')
      .split('\n')
      .filter((line) => line.startsWith('IpExt:'))
      .map((line) => line.split(' '));
    return Number(values[names.indexOf(field)] ?? 0);
  };
  counter('process_network_receive_bytes_total', 'Bytes received over the network.', () => octets('InOctets'));
  counter('process_network_transmit_bytes_total', 'Bytes sent over the network.', () => octets('OutOctets'));
}
