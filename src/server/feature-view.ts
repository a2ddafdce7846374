import { functionImplementations } from '../promql/functions/registry.ts';
import { FUNCTION_SIGNATURES } from '../promql/syntax/signatures.ts';
import type { ServerOptions } from './flags/options.ts';

/** What `/api/v1/features` answers: only what works here counts as on. */
export function featureView(options: ServerOptions): Record<string, Record<string, boolean>> {
  const { web } = options;
  const on = (name: string) => options.features.includes(name);
  return {
    api: {
      admin: web.enableAdminApi,
      exclude_alerts: true,
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
    promql: {
      anchored: on('promql-extended-range-selectors'),
      at_modifier: true,
      bool: true,
      by: true,
      delayed_name_removal: on('promql-delayed-name-removal'),
      duration_expr: true,
      fill: on('promql-binop-fill-modifiers'),
      fill_left: on('promql-binop-fill-modifiers'),
      fill_right: on('promql-binop-fill-modifiers'),
      group_left: true,
      group_right: true,
      ignoring: true,
      negative_offset: true,
      offset: true,
      on: true,
      per_query_lookback_delta: true,
      per_step_stats: on('promql-per-step-stats'),
      smoothed: on('promql-extended-range-selectors'),
      subqueries: true,
      type_and_unit_labels: on('type-and-unit-labels'),
      without: true,
    },
    promql_functions: functionView(options),
    promql_operators: {
      ...Object.fromEntries(OPERATORS.map((name) => [name, true])),
      limitk: on('promql-experimental-functions'),
      limit_ratio: on('promql-experimental-functions'),
    },
    service_discovery_providers: { static: true },
    scrape: {
      extra_scrape_metrics: true,
      start_timestamp_zero_ingestion: on('created-timestamp-zero-ingestion'),
      type_and_unit_labels: on('type-and-unit-labels'),
    },
    tsdb: {
      delayed_compaction: on('delayed-compaction'),
      exemplar_storage: on('exemplar-storage'),
      histograms_st_encoding: on('histograms-st-encoding'),
      isolation: true,
      native_histograms: true,
      st_storage: on('st-storage'),
      use_uncached_io: false,
      xor2_encoding: true,
    },
    ui: { ui_v2: false, ui_v3: true },
  };
}

/** Operators and aggregations as a query writes them. */
const OPERATORS =
  '+ - * / % ^ atan2 == != < <= > >= =~ !~ @ </ >/ and or unless avg bottomk count count_values group max min quantile stddev stdvar sum topk'.split(
    ' ',
  );

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
