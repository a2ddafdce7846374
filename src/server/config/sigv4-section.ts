import { field, record } from '../../config/decode.ts';
import { secret, text, toggle } from '../../config/scalars.ts';

/** How requests to AWS are signed. */
export const sigv4Codec = record(
  'sigv4.plain',
  {
    region: field(text),
    access_key: field(text),
    secret_key: field(secret),
    profile: field(text),
    role_arn: field(text),
    external_id: field(text),
    use_fips_sts_endpoint: field(toggle),
    service_name: field(text),
  },
  (value, context) => {
    if ((value.access_key === '') !== (value.secret_key === ''))
      return context.fault(
        value,
        'must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config',
      );
    if (value.external_id !== '' && value.role_arn === '')
      return context.fault(value, 'external_id can only be used with role_arn', 'external_id');
    return null;
  },
);
