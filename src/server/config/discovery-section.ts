import type { ConfigError } from '../../config/config-error.ts';
import {
  type Codec,
  type DecodeContext,
  type Field,
  field,
  list,
  mapOf,
  mismatch,
  nullable,
  type Printed,
  type RecordOf,
  record,
  shown,
} from '../../config/decode.ts';
import { text } from '../../config/scalars.ts';
import { isNull, type YamlNode } from '../../config/yaml.ts';
import type { DiscoveryConfig } from '../../discovery/discoverer.ts';
import { goQuote } from '../../model/labels.ts';
import { httpClientFault, httpClientFields } from './http-client-section.ts';

const targetGroup = record(
  'struct { Targets []string "yaml:\\"targets\\""; Labels model.LabelSet "yaml:\\"labels\\"" }',
  {
    targets: shown(list(text)),
    labels: field(mapOf(text)),
  },
);

/** Kinds of service discovery that 3.14 knows besides static targets: their blocks are kept as they are written. */
const PENDING_KINDS = [
  'aws',
  'azure',
  'consul',
  'digitalocean',
  'dns',
  'docker',
  'dockerswarm',
  'ec2',
  'ecs',
  'elasticache',
  'eureka',
  'file',
  'gce',
  'hetzner',
  'http',
  'ionos',
  'kubernetes',
  'kuma',
  'lightsail',
  'linode',
  'marathon',
  'msk',
  'nerve',
  'nomad',
  'oci',
  'openstack',
  'outscale',
  'ovhcloud',
  'puppetdb',
  'rds',
  'scaleway',
  'serverset',
  'stackit',
  'triton',
  'uyuni',
  'vultr',
] as const;

const MASKED_KEY = /(?:^|_)(?:password|secret|token|credentials|key|secrets)$/;

/** The client fields, which mean the same in every block that has them. */
const client = record('config.HTTPClientConfig', httpClientFields, httpClientFault);

/** A block that no part reads yet: only its client is checked. It is printed again with what looks secret hidden. */
const kept: Codec<YamlNode> = {
  typeName: 'discovery.Config',
  zero: { kind: 'scalar', line: 0, text: '', plain: true },
  decode(node, context) {
    if (node.kind !== 'map') context.problem(node, mismatch(node, 'discovery.Config'));
    else
      client.decode(
        { ...node, entries: node.entries.filter(({ key }) => Object.hasOwn(httpClientFields, key)) },
        context,
      );
    return node;
  },
  print: (node) => printedNode(node, false),
  isEmpty: isNull,
};

function printedNode(node: YamlNode, masked: boolean): Printed {
  if (node.kind === 'scalar') return masked && node.text !== '' ? '<secret>' : node.text;
  if (node.kind === 'list') return node.items.map((item) => printedNode(item, masked));
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, printedNode(value, MASKED_KEY.test(key))]));
}

const keptList = list(nullable(kept));

/** The fields that say where targets come from, to be spread into the record of whatever has targets. */
export const discoveryFields = {
  static_configs: field(list(nullable(targetGroup))),
  ...(Object.fromEntries(PENDING_KINDS.map((kind) => [`${kind}_sd_configs`, field(keptList)])) as Record<
    `${(typeof PENDING_KINDS)[number]}_sd_configs`,
    Field<readonly (YamlNode | null)[]>
  >),
};

export type RawDiscovery = RecordOf<typeof discoveryFields>;

/** Empty blocks, and URLs where a `host:port` belongs: those only where no relabelling could put them right. */
export function discoveryFault(raw: RawDiscovery, relabelled: boolean, context: DecodeContext): ConfigError | null {
  for (const name of Object.keys(discoveryFields) as (keyof RawDiscovery)[]) {
    if ((raw[name] as readonly unknown[]).includes(null))
      return context.fault(raw, `empty or null section in ${name}`, name);
  }
  if (relabelled) return null;
  for (const group of raw.static_configs) {
    const address = group?.targets.find((target) => target.includes('/'));
    if (address !== undefined) return context.fault(group!, `${goQuote(address)} is not a valid hostname`, 'targets');
  }
  return null;
}

/** What the discovery part runs on. */
export function discoveryFrom(raw: RawDiscovery): DiscoveryConfig[] {
  if (raw.static_configs.length === 0) return [];
  const groups = raw.static_configs.map((group, index) => ({
    source: String(index),
    targets: group!.targets.map((target) => ({ __address__: target })),
    labels: { ...group!.labels },
  }));
  return [{ kind: 'static', groups }];
}

/** Fields of discovery kinds whose targets are not found yet, in the order of the table. */
export function pendingDiscovery(raw: RawDiscovery): string[] {
  return PENDING_KINDS.map((kind) => `${kind}_sd_configs` as const).filter((name) => raw[name].length > 0);
}
