import { ApiError } from '../api-error.ts';
import type { Call } from '../call.ts';
import type { ApiResult } from '../envelope.ts';

/** POST, PUT /api/v1/admin/tsdb/*: refused as the reference refuses them when the admin API is off. */
export function admin({ deps, path }: Call): ApiResult {
  if (!deps.settings.enableAdminApi) throw new ApiError('unavailable', 'admin APIs disabled');
  const action = path.slice(path.lastIndexOf('/') + 1);
  throw new ApiError('unavailable', `${action} is not supported yet`);
}
