import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formOptions, sendTo } from './send.ts';
import { jsonReply, startTestServer, type TestServer } from './test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    answer: async ({ start, text }) => jsonReply({ resultType: 'string', result: [start / 1000, text] }),
  });
});

afterAll(() => server.close());

describe('clients that behave badly', () => {
  test('a query of a megabyte and a form of eleven', async () => {
    const long = `"${'x'.repeat(1_000_000)}"`;
    const { json } = await sendTo(server, '/api/v1/query', formOptions(`time=1&query=${encodeURIComponent(long)}`));
    expect(json.data).toEqual({ resultType: 'string', result: [1, long] });
    const { status, json: refused } = await sendTo(
      server,
      '/api/v1/query',
      formOptions(`query=${'x'.repeat(11 * 1024 * 1024)}`),
    );
    expect([status, refused.error]).toEqual([400, 'error parsing form values: http: POST too large']);
    expect((await sendTo(server, '/-/healthy')).status).toBe(200);
  });

  test('headers up to a megabyte are read, larger ones refused', async () => {
    expect((await sendTo(server, '/-/healthy', { headers: { 'x-long': 'a'.repeat(900_000) } })).status).toBe(200);
    const answer = await raw(`GET /-/healthy HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(1_200_000)}\r\n\r\n`);
    expect(answer).toContain('431');
  });

  test('bytes that are no HTTP', async () => {
    expect(await raw('\x00\x01\x02 garbage\r\n\r\n')).toContain('400 Bad Request');
    expect((await sendTo(server, '/-/healthy')).status).toBe(200);
  });

  test('a body that ends before its declared length stores nothing and holds nothing up', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write('POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npart of it');
        setTimeout(() => socket.destroy(), 50);
      });
      socket.on('close', () => resolve());
    });
    expect((await sendTo(server, '/api/v1/write', { method: 'POST', body: 'garbage' })).text).toBe(
      's2: corrupt input\n',
    );
  });

  test('a client that only ever sends half a request does not stop the others', async () => {
    const halves = Array.from({ length: 20 }, () => connect(server.port, '127.0.0.1'));
    for (const socket of halves) {
      socket.on('error', () => {});
      socket.write(
        'POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nque',
      );
    }
    expect((await sendTo(server, '/api/v1/labels')).status).toBe(200);
    for (const socket of halves) socket.destroy();
  });

  test('a client that does not read its answer does not stop the others', async () => {
    const big = 'y'.repeat(8_000_000);
    const slow = await startTestServer({ answer: async () => jsonReply({ resultType: 'string', result: [0, big] }) });
    const socket = connect(slow.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /api/v1/query?query=x HTTP/1.1\r\nHost: x\r\n\r\n');
    const answers = await Promise.all([1, 2, 3].map(() => sendTo(server, '/api/v1/query?query=x', { on: slow })));
    expect(answers.map(({ bytes }) => bytes.length)).toEqual(Array(3).fill(answers[0]!.bytes.length));
    socket.destroy();
    await slow.close();
  });

  test('a query whose client leaves is aborted', async () => {
    const aborted = new Promise<string>((resolve) => {
      startTestServer({
        answer: (_request, signal) =>
          new Promise((answer) => {
            signal.addEventListener('abort', () => {
              resolve('aborted');
              answer({ ok: false, errorType: 'canceled', message: 'query was canceled', warnings: [], infos: [] });
            });
          }),
      }).then((patient) => {
        const socket = connect(patient.port, '127.0.0.1', () => {
          socket.write('GET /api/v1/query?query=x HTTP/1.1\r\nHost: x\r\n\r\n');
          setTimeout(() => socket.destroy(), 50);
        });
        socket.on('close', () => setTimeout(() => patient.close(), 200));
      });
    });
    expect(await aborted).toBe('aborted');
  });

  test('connections above the limit are refused, idle ones make room', async () => {
    const small = await startTestServer({ settings: { connectionsMax: 3 } });
    const idle = Array.from({ length: 3 }, () => connect(small.port, '127.0.0.1'));
    for (const socket of idle) {
      socket.on('error', () => {});
      socket.write('GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n');
    }
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('data', resolve))));
    expect((await sendTo(server, '/-/healthy', { on: small })).status).toBe(200);
    for (const socket of idle) socket.destroy();
    await small.close();
  });

  test('an endpoint that throws answers 500 and the server goes on', async () => {
    const broken = await startTestServer({
      answer: async () => {
        throw new TypeError('a fault of ours');
      },
    });
    const got = await sendTo(server, '/api/v1/query?query=1', { on: broken });
    expect([got.status, got.text]).toEqual([500, 'internal server error\n']);
    expect((await sendTo(server, '/-/healthy', { on: broken })).status).toBe(200);
    await broken.close();
  });
});

/** Sends bytes as they are and gives what comes back until the server closes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}
