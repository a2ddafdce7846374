import { expect, test } from 'vitest';
import { unescapeName } from './escaped-name.ts';

test.each([
  ['job', 'job'],
  ['U__service_2e_name', 'service.name'],
  ['U__k8s_2e_pod_2f_name', 'k8s.pod/name'],
  ['U__a__b', 'a_b'],
  ['U__', ''],
  ['U___1f600_', '😀'],
  // Not properly encoded: taken as they are.
  ['U__x_', 'U__x_'],
  ['U__x_2e', 'U__x_2e'],
  ['U__x_zz_', 'U__x_zz_'],
  ['U___d800_', 'U___d800_'],
  ['U___1234567_', 'U___1234567_'],
])('unescapeName(%j) is %j', (name, expected) => {
  expect(unescapeName(name)).toBe(expected);
});
