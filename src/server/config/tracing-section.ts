import { field, mapOf, record } from '../../config/decode.ts';
import { decimal, parsed, text, toggle } from '../../config/scalars.ts';
import { duration } from './duration.ts';
import { tlsCodec } from './http-client-section.ts';
import { reservedHeaderProblem } from './reserved-headers.ts';

const clientType = parsed(
  'config.TracingClientType',
  '',
  (word) => {
    if (word === 'http' || word === 'grpc') return word;
    throw new Error(`expected tracing client type to be to be http or grpc, but got ${word}`);
  },
  (value) => value,
);

const tracingFields = {
  client_type: field(clientType, 'grpc'),
  endpoint: field(text),
  sampling_fraction: field(decimal),
  insecure: field(toggle),
  tls_config: field(tlsCodec),
  headers: field(mapOf(text)),
  compression: field(text),
  timeout: field(duration),
};

/** Where the server sends traces of its own work. */
export const tracingCodec = record('config.plain', tracingFields, (value, context) => {
  const headers = reservedHeaderProblem(
    value.headers,
    'custom authorization header configuration is not yet supported',
  );
  if (headers !== null) return context.fault(value, headers, 'headers');
  if (value.endpoint === '') return context.fault(value, 'tracing endpoint must be set');
  if (value.compression === '' || value.compression === 'gzip') return null;
  const message = `invalid compression type ${value.compression} provided, valid options: gzip`;
  return context.fault(value, message, 'compression');
});
