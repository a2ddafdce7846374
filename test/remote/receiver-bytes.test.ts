import { describe, expect, test } from 'vitest';
import { NOW, OpenReceiver, one, V1 } from './open-receiver.ts';
import { compress, encodeRequest, labelsOf, writeBody } from './write-message.ts';

const open = new OpenReceiver();

describe('bytes that are no request', () => {
  const body = writeBody([
    { ...one('a', [NOW + 1, 1]), exemplars: [{ labels: labelsOf({ id: 'x' }), value: 1, timestamp: NOW }] },
    { ...one('h'), histograms: [{ countInt: 0, sum: 0, timestamp: NOW }] },
    one('b', [NOW + 1, 1], [NOW + 2, 2]),
  ]);

  test('a block cut at any byte is corrupt, and nothing is stored', async () => {
    for (let end = 0; end < body.length; end++) {
      expect(open.receive(V1, body.subarray(0, end))).toEqual({ status: 400, message: 's2: corrupt input' });
    }
    expect(await open.stored()).toEqual([]);
  });

  test('a flipped byte never does worse than 400', () => {
    for (let at = 0; at < body.length; at++) {
      for (const mask of [1, 0x80, 0xff]) {
        const flipped = body.slice();
        flipped[at]! ^= mask;
        expect([204, 400]).toContain(open.receive(V1, flipped).status);
      }
    }
  });

  test('a message cut at any byte that is not the end of a field is refused, and nothing is stored', async () => {
    const message = encodeRequest([one('a', [NOW + 1, 1]), one('b', [NOW + 1, 1])]);
    const half = encodeRequest([one('a', [NOW + 1, 1])]).length;
    for (let end = 1; end < message.length; end++) {
      if (end === half) continue;
      expect(open.receive(V1, compress(message.subarray(0, end))).status).toBe(400);
    }
    expect(await open.stored()).toEqual([]);
    expect(open.database.stats().head.series).toBe(0);
  });

  test('a block that claims to be huge is refused before memory is taken', () => {
    // 64 MiB from 6 bytes is impossible; 64 MiB from 4 MiB is too much.
    expect(open.receive(V1, Uint8Array.of(0x80, 0x80, 0x80, 0x20, 0, 0)).message).toBe('s2: corrupt input');
    const large = new Uint8Array(4 << 20);
    large.set([0x80, 0x80, 0x80, 0x20]);
    expect(open.receive(V1, large)).toEqual({
      status: 400,
      message: 'decoded size exceeds the 33554432 bytes limit',
    });
  });
});

describe('headers', () => {
  test.each([
    [
      'application/json',
      'expected application/x-protobuf as the first (media) part, got application/json content-type',
    ],
    [
      'application/x-protobuf;proto=foo',
      'got application/x-protobuf;proto=foo content type; unknown type for remote write protobuf message foo, ' +
        'supported: prometheus.WriteRequest, io.prometheus.write.v2.Request',
    ],
    [
      'application/x-protobuf;charset',
      'as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got charset in ' +
        'application/x-protobuf;charset content-type',
    ],
    [
      'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'io.prometheus.write.v2.Request protobuf message is not accepted by this server; only accepts prometheus.WriteRequest',
    ],
  ])('%s is 415', (contentType, message) => {
    expect(open.receive(contentType, writeBody([]))).toEqual({ status: 415, message });
  });

  test('encodings other than snappy are 415', () => {
    expect(open.receiver.refusesEncoding('snappy')).toBeNull();
    expect(open.receiver.refusesEncoding('')).toBeNull();
    expect(open.receiver.refusesEncoding('gzip')?.message).toBe(
      'gzip encoding (compression) is not accepted by this server; only snappy is acceptable',
    );
  });
});
