import type { Notification, NotificationsView } from '../api/dependencies.ts';
import type { Clock } from '../std/clock.ts';

/** The three notices there are, in the reference's words. */
export const NOTICES = {
  startingUp: 'Prometheus is starting and replaying the write-ahead log (WAL).',
  shuttingDown: 'Prometheus is shutting down and gracefully stopping all operations.',
  reloadFailed: 'Configuration reload has failed.',
} as const;

type Listener = (notification: Notification) => void;

/** Which notices stand, and who wants to know of changes. */
export class Notifications implements NotificationsView {
  readonly #clock: Clock;
  readonly #listenersMax: number;
  readonly #standing = new Map<string, Notification>();
  readonly #listeners = new Set<Listener>();

  constructor(clock: Clock, listenersMax: number) {
    this.#clock = clock;
    this.#listenersMax = listenersMax;
  }

  current(): readonly Notification[] {
    return [...this.#standing.values()];
  }

  /** Calls `listener` with every change until the returned function is called; null when there are too many. */
  subscribe(listener: Listener): (() => void) | null {
    if (this.#listeners.size >= this.#listenersMax) return null;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins or ends a notice; one that stands already keeps its date. */
  set(text: string, active: boolean): void {
    if (this.#standing.has(text) === active) return;
    const notification = { text, date: this.#clock.now(), active };
    if (active) this.#standing.set(text, notification);
    else this.#standing.delete(text);
    for (const listener of this.#listeners) listener(notification);
  }
}
