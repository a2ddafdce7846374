import { PromqlSyntaxError } from '../promql/syntax/error.ts';
import { isParsedSoon, type ParsedForm, parsedText } from '../query/parsed-text.ts';
import { ApiError } from './api-error.ts';
import type { Call } from './call.ts';

/**
 * What is wanted of a text in PromQL, as `parsedText` gives it; where that takes long it is done in a query thread. `refusal`
 * words what is wrong with the text.
 */
export async function parsedBeside(
  { deps, signal }: Call,
  text: string,
  wanted: ParsedForm,
  refusal: (message: string) => ApiError,
): Promise<string> {
  if (isParsedSoon(text)) {
    try {
      return parsedText(text, wanted, deps.settings.parser, () => {});
    } catch (error) {
      if (error instanceof PromqlSyntaxError) throw refusal(error.message);
      throw error;
    }
  }
  const reply = await deps.parse(text, wanted, signal);
  if (!reply.ok) {
    throw reply.errorType === 'bad_data' ? refusal(reply.message) : new ApiError(reply.errorType, reply.message);
  }
  if (reply.form !== 'json') throw new ApiError('internal', `a query was parsed as ${reply.form}`);
  return Buffer.from(reply.body.buffer, reply.body.byteOffset, reply.body.byteLength).toString();
}
