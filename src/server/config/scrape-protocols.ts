import { DEFAULT_PROTO_FIRST_SCRAPE_PROTOCOLS, type ScrapeProtocol } from '../../scrape/scrape-config.ts';

const KNOWN: readonly string[] = [...DEFAULT_PROTO_FIRST_SCRAPE_PROTOCOLS].sort();

/** What is wrong with a list of protocols, or `null`. */
export function scrapeProtocolsProblem(protocols: readonly string[]): string | null {
  if (protocols.length === 0) return 'scrape_protocols cannot be empty';
  const seen = new Set<string>();
  for (const protocol of protocols) {
    const lowered = protocol.toLowerCase();
    if (seen.has(lowered)) return `duplicated protocol in scrape_protocols, got [${protocols.join(' ')}]`;
    const problem = scrapeProtocolProblem(protocol);
    if (problem !== null) return `scrape_protocols: ${problem}`;
    seen.add(lowered);
  }
  return null;
}

export function scrapeProtocolProblem(protocol: string): string | null {
  return isScrapeProtocol(protocol) ? null : `unknown scrape protocol ${protocol}, supported: [${KNOWN.join(' ')}]`;
}

export function isScrapeProtocol(protocol: string): protocol is ScrapeProtocol {
  return KNOWN.includes(protocol);
}
