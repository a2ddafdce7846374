import { giveBackAnswer } from '../query/answer-buffers.ts';
import type { QueryReply } from '../query/runner.ts';
import { ApiError } from './api-error.ts';
import type { Call } from './call.ts';
import type { ApiResult } from './envelope.ts';

/** Smaller answers are always sent: the number of connections bounds them. */
const COUNTED_BYTES_MIN = 64 * 1024;

/** The answer that a thread has written, counted until it was sent. Throws `ApiError`. */
export function replyResult(call: Call, reply: QueryReply): ApiResult {
  if (!reply.ok) throw new ApiError(reply.errorType, reply.message);
  if (reply.form !== 'json') throw new ApiError('internal', `query answered as ${reply.form}, asked for json`);
  keepUntilSent(call, reply.body);
  return { kind: 'rendered', bytes: reply.body };
}

/**
 * Counts an answer until it was sent: clients that read slowly, or not at all, would fill memory with answers that are done. Throws where
 * there is no room for it beside the others.
 */
function keepUntilSent(call: Call, body: Uint8Array): void {
  const { answers } = call.deps;
  const size = body.length < COUNTED_BYTES_MIN ? 0 : body.length;
  // By itself every answer has room that the query's own limit has let pass.
  const counted = answers.used === 0 ? Math.min(size, answers.bytesMax) : size;
  if (!answers.take(counted)) {
    giveBackAnswer(body);
    throw new ApiError(
      'timeout',
      `too many bytes of answers are being sent, try again later: there are ${answers.used} bytes, this answer has ` +
        `${size}, the limit is ${answers.bytesMax} bytes`,
    );
  }
  call.whenSent(() => {
    answers.give(counted);
    giveBackAnswer(body);
  });
}
