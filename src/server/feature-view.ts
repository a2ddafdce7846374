import { functionImplementations } from '../promql/functions/registry.ts';
import { FUNCTION_SIGNATURES } from '../promql/functions/signatures.ts';
import type { ServerOptions } from './flags/options.ts';

/** What `/api/v1/features` answers: only what works here counts as on. */
export function featureView(options: ServerOptions): Record<string, Record<string, boolean>> {
  const { web } = options;
  return {
    api: {
      admin: web.enableAdminApi,
      exclude_alerts: false,
      label_values_match: true,
      lifecycle: web.enableLifecycle,
      otlp_write_receiver: false,
      query_stats: true,
      query_warnings: true,
      remote_write_receiver: web.enableRemoteWriteReceiver,
      search: false,
      time_range_labels: true,
      time_range_series: true,
    },
    prometheus: { agent_mode: false, auto_reload_config: options.config.autoReload, server_mode: true },
    promql_functions: functionView(options),
    service_discovery_providers: { static: true },
    tsdb: { exemplar_storage: false, isolation: true, native_histograms: false },
    ui: { ui_v2: false, ui_v3: true },
  };
}

/** Functions that run; the experimental ones only with their flag. */
function functionView(options: ServerOptions): Record<string, boolean> {
  const experimental = options.features.includes('promql-experimental-functions');
  return Object.fromEntries(
    FUNCTION_SIGNATURES.map((signature) => [
      signature.name,
      Object.hasOwn(functionImplementations, signature.name) && (experimental || !signature.experimental),
    ]),
  );
}
