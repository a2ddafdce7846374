import { expect, test } from 'vitest';
import { urlFromText, urlText } from './url-field.ts';

test('urlFromText() gives back what the reference would parse', () => {
  for (const url of ['http://h:1/p?q=%zz', 'https://u:p@h/', '/path', 'host', '', 'http://[::1]:9/'])
    expect(urlFromText(url)).toBe(url);
});

test('urlFromText() refuses what the reference refuses, in its words', () => {
  expect(() => urlFromText(':bad:')).toThrow('parse ":bad:": missing protocol scheme');
  expect(() => urlFromText('://invalid')).toThrow('missing protocol scheme');
  expect(() => urlFromText('http://h:port/')).toThrow('parse "http://h:port/": invalid port ":port" after host');
  expect(() => urlFromText('http://h/%zz')).toThrow('invalid URL escape "%zz"');
  expect(() => urlFromText('1.2.3.4:80/x')).toThrow('first path segment in URL cannot contain colon');
  expect(() => urlFromText('http://h/\n')).toThrow('net/url: invalid control character in URL');
});

test('urlText() hides a password', () => {
  expect(urlText('http://user:secret@h/p')).toBe('http://user:xxxxx@h/p');
  expect(urlText('http://h/p:q@r')).toBe('http://h/p:q@r');
});
