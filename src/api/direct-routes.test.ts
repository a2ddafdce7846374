import { expect, test } from 'vitest';
import { DirectRoutes } from './direct-routes.ts';
import type { Method, Route } from './routes.ts';

const values = async () => {};
const names = async () => {};
const assets = async () => {};

function route(path: string, ...methods: Method[]): Route {
  return { methods, path, serve: { kind: 'plain', handler: () => ({ status: 200, headers: {}, body: '' }) } };
}

function table(prefix = ''): DirectRoutes {
  const direct = new DirectRoutes(prefix);
  direct.add(route('/api/v1/labels', 'GET', 'POST'), names);
  direct.add(route('/api/v1/label/:name/values', 'GET'), values);
  direct.add(route('/assets/*filepath', 'GET'), assets);
  return direct;
}

test('DirectRoutes finds a path by its method', () => {
  expect(table().find('POST', '/api/v1/labels')).toEqual({ handler: names, params: {} });
  expect(table().find('PUT', '/api/v1/labels')).toBeNull();
  expect(table().find('GET', '/api/v1/labels/')).toBeNull();
});

test('DirectRoutes finds a path around a plain value', () => {
  expect(table().find('GET', '/api/v1/label/job/values')).toEqual({ handler: values, params: { name: 'job' } });
  expect(table().find('POST', '/api/v1/label/job/values')).toBeNull();
});

test('DirectRoutes asks both for what stands before a value and for what stands behind it', () => {
  expect(table().find('GET', '/api/v1/label/job/names')).toBeNull();
  expect(table().find('GET', '/api/v1/other/job/values')).toBeNull();
});

test('DirectRoutes leaves values that have to be decoded or cleaned to the framework', () => {
  for (const value of ['', '.', '..', 'a/b', 'a%62', 'a+b', 'ä', 'U__a.b']) {
    expect(table().find('GET', `/api/v1/label/${value}/values`), value).toBeNull();
  }
  expect(table().find('GET', '/api/v1/label/values')).toBeNull();
  expect(table().find('GET', '/assets/page.js')).toBeNull();
});

test('DirectRoutes finds nothing without the prefix of all paths', () => {
  expect(table('/metrics-of').find('GET', '/metrics-of/api/v1/label/job/values')?.params).toEqual({ name: 'job' });
  expect(table('/metrics-of').find('GET', '/api/v1/label/job/values')).toBeNull();
});
