import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { BodyBudget } from '../../src/http/body.ts';
import { sendTo } from './send.ts';
import { startTestServer } from './test-server.ts';

const MEGABYTE = 2 ** 20;
/** More than two sockets hold, so who does not read it keeps it. */
const ANSWER_BYTES = 24 * MEGABYTE;

/** A JSON text of so many bytes. */
function stringOf(size: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(size).fill(0x20);
  body[0] = body[size - 1] = 0x22;
  return body;
}

test('answers that nobody reads leave no room for others, until their clients are gone', async () => {
  const answers = new BodyBudget(40 * MEGABYTE);
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  const server = await startTestServer({
    deps: { answers },
    answer: async ({ text }) => {
      const body = stringOf(text === 'small' ? 100 : ANSWER_BYTES);
      bodies.push(body);
      return { ok: true, form: 'json', body };
    },
  });
  try {
    const silent = get(`${server.url}/api/v1/query?query=up`, { agent: false });
    const [answer] = (await once(silent, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    expect(answers.used).toBe(ANSWER_BYTES);

    const refused = await sendTo(server, `/api/v1/query?query=up`);
    expect(refused.status).toBe(503);
    expect(refused.json).toEqual({
      status: 'error',
      errorType: 'timeout',
      error:
        `too many bytes of answers are being sent, try again later: there are ${ANSWER_BYTES} bytes, this answer has ` +
        `${ANSWER_BYTES}, the limit is ${40 * MEGABYTE} bytes`,
    });
    expect(bodies[1]?.buffer.detached).toBe(true);
    expect((await sendTo(server, `/api/v1/query?query=small`)).status).toBe(200);

    answer.destroy();
    await expect.poll(() => answers.used).toBe(0);
    const whole = await sendTo(server, `/api/v1/query?query=up`);
    expect([whole.status, whole.text.length]).toEqual([200, ANSWER_BYTES]);
    await expect.poll(() => answers.used).toBe(0);
  } finally {
    await server.close();
  }
});

test('an answer larger than all may be together is sent where there is no other', async () => {
  const answers = new BodyBudget(MEGABYTE);
  const server = await startTestServer({
    deps: { answers },
    answer: async () => ({ ok: true, form: 'json', body: stringOf(3 * MEGABYTE) }),
  });
  try {
    for (let i = 0; i < 2; i++) {
      expect((await sendTo(server, `/api/v1/query?query=up`)).text.length).toBe(3 * MEGABYTE);
      await expect.poll(() => answers.used).toBe(0);
    }
  } finally {
    await server.close();
  }
});
