import type { Answer } from './answer.ts';
import { type ApiError, statusOfError } from './api-error.ts';
import { jsonText } from './json.ts';

/** What an endpoint gives back when it did not throw. */
export type ApiResult =
  /** `json` is the text of the `data` field. */
  | { readonly kind: 'data'; readonly json: string; readonly warnings: readonly string[] }
  /** A whole response that was rendered elsewhere. */
  | { readonly kind: 'rendered'; readonly bytes: Uint8Array }
  /** 204. */
  | { readonly kind: 'nothing' };

const JSON_HEADERS = { 'content-type': 'application/json' } as const;

/** Warnings shown in one answer; the rest is counted in one more line. */
const WARNINGS_MAX = 10;

export function data(json: string, warnings: readonly string[] = []): ApiResult {
  return { kind: 'data', json, warnings };
}

export function answerFromResult(result: ApiResult): Answer {
  switch (result.kind) {
    case 'rendered':
      return { status: 200, headers: JSON_HEADERS, body: result.bytes };
    case 'nothing':
      return { status: 204, headers: {}, body: '' };
    case 'data': {
      const body = `{"status":"success","data":${result.json}${afterData(result.warnings)}`;
      return { status: 200, headers: JSON_HEADERS, body };
    }
  }
}

/** How an answer ends, behind its `data`. */
export function afterData(warnings: readonly string[]): string {
  return warnings.length === 0 ? '}' : `,"warnings":${jsonText(shownWarnings(warnings))}}`;
}

export function answerFromError(error: ApiError): Answer {
  const body = jsonText({ status: 'error', errorType: error.type, error: error.message });
  return { status: statusOfError(error.type), headers: JSON_HEADERS, body };
}

function shownWarnings(warnings: readonly string[]): readonly string[] {
  const unique = [...new Set(warnings)];
  if (unique.length <= WARNINGS_MAX) return unique;
  return [...unique.slice(0, WARNINGS_MAX), `${unique.length - WARNINGS_MAX} more warning annotations omitted`];
}
