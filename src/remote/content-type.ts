/** The messages of remote write 1.0 and 2.0. */
export const WRITE_V1 = 'prometheus.WriteRequest';
const WRITE_V2 = 'io.prometheus.write.v2.Request';

const PROTOBUF = 'application/x-protobuf';

export type MessageType =
  | { readonly ok: true; readonly type: string }
  | { readonly ok: false; readonly problem: string };

/** The message that a `Content-Type` announces; an empty header and one without `proto=` mean 1.0. */
export function messageFromContentType(header: string): MessageType {
  if (header === '') return { ok: true, type: WRITE_V1 };
  const contentType = header.trim();
  const [media, ...parameters] = contentType.split(';');
  if (media !== PROTOBUF) {
    return { ok: false, problem: `expected ${PROTOBUF} as the first (media) part, got ${contentType} content-type` };
  }
  for (const parameter of parameters) {
    const pair = parameter.split('=');
    if (pair.length !== 2) {
      return {
        ok: false,
        problem:
          'as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got ' +
          `${parameter} in ${contentType} content-type`,
      };
    }
    const [name, value] = pair as [string, string];
    if (name !== 'proto') continue;
    if (value === WRITE_V1 || value === WRITE_V2) return { ok: true, type: value };
    return {
      ok: false,
      problem:
        `got ${contentType} content type; unknown type for remote write protobuf message ${value}, ` +
        `supported: ${WRITE_V1}, ${WRITE_V2}`,
    };
  }
  return { ok: true, type: WRITE_V1 };
}
