import { type BodyBudget, readBody } from '../../http/body.ts';
import { REQUEST_BYTES_MAX, type WriteReceiver } from '../../remote/write-receiver.ts';
import { type Answer, empty, plainError } from '../answer.ts';
import type { Call, Handler } from '../call.ts';

/** POST /api/v1/write. `receiver` is null while the receiver is switched off. */
export function remoteWrite(receiver: WriteReceiver | null, budget: BodyBudget): Handler {
  if (receiver === null) {
    return () => plainError(404, 'remote write receiver needs to be enabled with --web.enable-remote-write-receiver');
  }
  return (call) => write(call, receiver, budget);
}

async function write(call: Call, receiver: WriteReceiver, budget: BodyBudget): Promise<Answer> {
  const encoding = call.header('content-encoding');
  const refusal = receiver.refusesEncoding(encoding);
  if (refusal !== null) return plainError(refusal.status, refusal.message);

  const body = await readBody(call.body, REQUEST_BYTES_MAX, budget);
  if (!body.ok) {
    switch (body.reason) {
      case 'tooLarge':
        return plainError(413, `request body exceeds the ${REQUEST_BYTES_MAX} bytes limit`);
      case 'noRoom':
        return plainError(503, 'too many bytes of requests are being received, try again later');
      case 'aborted':
        return plainError(400, 'unexpected EOF');
    }
  }
  try {
    const outcome = await receiver.receive(call.header('content-type'), body.bytes);
    return outcome.status === 204 ? empty(204) : plainError(outcome.status, outcome.message);
  } finally {
    body.release();
  }
}
