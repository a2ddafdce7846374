/** Formats by the names that `scrape_protocols` uses, with what they are called in the Accept header. */
const MEDIA_TYPES = {
  PrometheusProto: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
} as const;

export type ExpositionProtocol = keyof typeof MEDIA_TYPES;

/** Formats that can be parsed; only these are offered. The versions of a format have one grammar. */
export const PARSED_PROTOCOLS: ReadonlySet<ExpositionProtocol> = new Set<ExpositionProtocol>([
  'PrometheusText0.0.4',
  'PrometheusText1.0.0',
  'OpenMetricsText0.0.1',
  'OpenMetricsText1.0.0',
]);

/** Formats whose names carry the escaping that is asked for. */
const WITH_ESCAPING: ReadonlySet<ExpositionProtocol> = new Set<ExpositionProtocol>([
  'PrometheusText1.0.0',
  'OpenMetricsText1.0.0',
]);

/** The Accept header: the protocols with falling weights, then anything. */
export function acceptHeader(protocols: readonly ExpositionProtocol[], escapingScheme: string): string {
  let weight = Object.keys(MEDIA_TYPES).length + 1;
  const offers: string[] = [];
  for (const protocol of protocols) {
    const escaping = WITH_ESCAPING.has(protocol) ? `;escaping=${escapingScheme}` : '';
    if (PARSED_PROTOCOLS.has(protocol)) offers.push(`${MEDIA_TYPES[protocol]}${escaping};q=0.${weight}`);
    weight--;
  }
  offers.push(`*/*;q=0.${weight}`);
  return offers.join(',');
}

export type BodyFormat = 'text' | 'openMetrics';

/** Either the format of a body, or why it can not be told, in the reference's words. */
export type FormatChoice =
  | { readonly format: BodyFormat; readonly warning: string | null }
  | { readonly format: null; readonly problem: string };

/** Content-Types longer than this are not looked at. */
const CONTENT_TYPE_LENGTH_MAX = 1024;

/**
 * Decides how a body is parsed: by its Content-Type, or by `fallback` where that is absent or says nothing known.
 * Since 3.0 a body of unknown type is refused, never guessed at.
 */
export function chooseFormat(contentType: string, fallback: ExpositionProtocol | null): FormatChoice {
  const fallbackType = fallback === null ? '' : mediaTypeOf(fallback);
  const quoted = JSON.stringify(contentType);
  if (contentType === '') {
    const problem = 'non-compliant scrape target sending blank Content-Type';
    if (fallback === null) return refused(`${problem} and no fallback_scrape_protocol specified for target`);
    return parsedAs(fallbackType, `${problem}, using fallback_scrape_protocol ${JSON.stringify(fallbackType)}`);
  }
  const { mediaType, problem } = parseMediaType(contentType);
  if (problem !== null) {
    if (fallback === null) {
      return refused(`cannot parse Content-Type ${quoted} and no fallback_scrape_protocol for target\n${problem}`);
    }
    const warning = `could not parse received Content-Type ${quoted}, using fallback_scrape_protocol ${JSON.stringify(fallbackType)}\n${problem}`;
    return parsedAs(fallbackType, warning);
  }
  if (KNOWN_TYPES.has(mediaType)) return parsedAs(mediaType, null);
  if (fallback === null) {
    return refused(`received unsupported Content-Type ${quoted} and no fallback_scrape_protocol specified for target`);
  }
  const warning = `received unsupported Content-Type ${quoted}, using fallback_scrape_protocol ${JSON.stringify(fallbackType)}`;
  return parsedAs(fallbackType, warning);
}

const KNOWN_TYPES: ReadonlySet<string> = new Set([
  'text/plain',
  'application/openmetrics-text',
  'application/vnd.google.protobuf',
]);

function parsedAs(mediaType: string, warning: string | null): FormatChoice {
  if (mediaType === 'text/plain') return { format: 'text', warning };
  if (mediaType === 'application/openmetrics-text') return { format: 'openMetrics', warning };
  return refused(`Content-Type ${JSON.stringify(mediaType)} is not supported yet`);
}

function refused(problem: string): FormatChoice {
  return { format: null, problem };
}

function mediaTypeOf(protocol: ExpositionProtocol): string {
  return MEDIA_TYPES[protocol].split(';', 1)[0]!;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9a-z-]+";
const MEDIA_TYPE = new RegExp(`^(${TOKEN})(?:(/)(${TOKEN})?)?(.*)$`, 's');
const PARAMETERS = new RegExp(`^(?:\\s*;\\s*${TOKEN}\\s*=\\s*(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))*\\s*;?\\s*$`, 'si');

/** Type and parameters as Go's `mime.ParseMediaType` reads them, with its complaints. */
function parseMediaType(contentType: string): { readonly mediaType: string; readonly problem: string | null } {
  if (contentType.length > CONTENT_TYPE_LENGTH_MAX) return { mediaType: '', problem: 'mime: invalid media parameter' };
  const semicolon = contentType.indexOf(';');
  const base = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  const parameters = semicolon < 0 ? '' : contentType.slice(semicolon);
  const match = MEDIA_TYPE.exec(base);
  let problem: string | null = null;
  if (match === null) problem = 'mime: no media type';
  else if (match[2] === undefined && match[4] !== '') problem = 'mime: expected slash after first token';
  else if (match[2] !== undefined && match[3] === undefined) problem = 'mime: expected token after slash';
  else if (match[4] !== '') problem = 'mime: unexpected content after media subtype';
  else if (!PARAMETERS.test(parameters)) problem = 'mime: invalid media parameter';
  return { mediaType: base, problem };
}
