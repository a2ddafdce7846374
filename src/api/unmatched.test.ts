import { expect, test } from 'vitest';
import { pageNotFound } from './answer.ts';
import type { Route } from './routes.ts';
import { cleanPath, createUnmatched } from './unmatched.ts';

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

const GET_ROUTE: Route = {
  methods: ['GET'],
  path: '/api/v1/label/:name/values',
  serve: { kind: 'plain', handler: () => pageNotFound() },
};

test.each([
  ['GET', '/api/v1/label/job/', 301, '/label/job'],
  ['GET', '/api/v1/label/', 301, '/label'],
  ['GET', '/api/v1/label/job', 404, undefined],
  ['POST', '/api/v1/label/job/values', 405, undefined],
  ['POST', '/api/v1/label/a/b/values', 404, undefined],
])('%s %s is answered with %d', (method, path, status, location) => {
  const answer = createUnmatched([GET_ROUTE], '').answerDecoded(method, path, '');
  expect([answer.status, answer.headers['location']]).toEqual([status, location]);
});
