import { goQuote } from '../model/labels.ts';
import { scrapeSettingsProblem } from '../scrape/scrape-config.ts';
import { pendingDiscovery } from './config/discovery-section.ts';
import { unsupportedHttpClientSetting } from './config/http-client-section.ts';
import type { Configuration } from './config-file.ts';

/** What a configuration asks for and this version does not do. */
export interface Unsupported {
  /** Things without which a job would do something else than it says: the configuration is refused. */
  readonly refusal: string | null;
  /** Things that are missing, each as one sentence; everything else works. */
  readonly warnings: readonly string[];
}

/** What a configuration asks for that is not there yet. */
export function unsupportedOf(configuration: Configuration): Unsupported {
  const warnings: string[] = [];
  for (const [index, raw] of configuration.rawScrape.entries()) {
    const job = goQuote(raw.job_name);
    const problem = scrapeSettingsProblem(configuration.scrape[index]!);
    if (problem !== null) return { refusal: problem, warnings };
    const setting = unsupportedHttpClientSetting(raw);
    if (setting !== null)
      return { refusal: `${setting} is not supported yet (scrape config with job name ${job})`, warnings };
    for (const kind of pendingDiscovery(raw))
      warnings.push(`${kind} is not supported yet: job ${job} has none of the targets it would find`);
  }
  const { raw } = configuration;
  if (raw.rule_files.length > 0) warnings.push('rule_files is not supported yet: no rule is evaluated');
  if (raw.alerting.alertmanagers.length > 0)
    warnings.push('alerting.alertmanagers is not supported yet: no alert is sent');
  if (raw.remote_write.length > 0) warnings.push('remote_write is not supported yet: nothing is sent');
  if (raw.remote_read.length > 0)
    warnings.push('remote_read is not supported yet: queries see the samples of this server alone');
  if (raw.tracing.endpoint !== '') warnings.push('tracing is not supported yet: no trace is sent');
  if (raw.global.query_log_file !== '') warnings.push('global.query_log_file is not supported yet: no query is logged');
  return { refusal: null, warnings };
}
