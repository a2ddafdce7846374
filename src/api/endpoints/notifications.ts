import { Readable } from 'node:stream';
import { type Answer, empty } from '../answer.ts';
import type { Call } from '../call.ts';
import type { Notification } from '../dependencies.ts';
import { type ApiResult, data } from '../envelope.ts';
import { jsonText, timeText } from '../json.ts';

/** GET /api/v1/notifications; answers before the server is ready. */
export function notifications({ deps }: Call): ApiResult {
  return data(jsonText(deps.notifications.current().map(shown)));
}

/** GET /api/v1/notifications/live: server-sent events until the client leaves; 204 when too many listen already. */
export function liveNotifications({ deps }: Call): Answer {
  const events = new Readable({ read() {} });
  const unsubscribe = deps.notifications.subscribe((notification) => {
    events.push(`data: ${jsonText(shown(notification))}\n\n`);
  });
  if (unsubscribe === null) return empty(204);
  events.on('close', unsubscribe);
  // A comment, so that the headers leave at once and the client knows that it is connected.
  events.push(':\n\n');
  return { status: 200, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }, body: events };
}

function shown({ text, date, active }: Notification): object {
  return { text, date: timeText(date), active };
}
