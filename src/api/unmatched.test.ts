import { expect, test } from 'vitest';
import { cleanPath } from './unmatched.ts';

test.each([
  ['/api/v1/query', '/api/v1/query'],
  ['/api/v1/query/', '/api/v1/query/'],
  ['/api/v1//query', '/api/v1/query'],
  ['/api/v1/./query', '/api/v1/query'],
  ['/api/v1/x/../query', '/api/v1/query'],
  ['/../../etc', '/etc'],
  ['//', '/'],
  ['/a/..', '/'],
  ['/a/b/..', '/a/'],
  ['/.well-known', '/.well-known'],
])('cleanPath(%j) is %j', (path, expected) => {
  expect(cleanPath(path)).toBe(expected);
});
