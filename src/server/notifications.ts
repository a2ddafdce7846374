import type { Notification, NotificationsView } from '../api/dependencies.ts';
import type { Clock } from '../std/clock.ts';
import type { Registry } from '../telemetry/registry.ts';

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
  #sent = 0;

  constructor(clock: Clock, listenersMax: number) {
    this.#clock = clock;
    this.#listenersMax = listenersMax;
  }

  current(): readonly Notification[] {
    return [...this.#standing.values()];
  }

  /** Who wants to know of changes. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Changes that listeners were told of, each for itself. */
  get sent(): number {
    return this.#sent;
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
    for (const listener of this.#listeners) {
      listener(notification);
      this.#sent++;
    }
  }
}

/** Enters what is told of notifications; they wait in the answers of those who listen, and none is dropped. */
export function registerNotificationMetrics(registry: Registry, notifications: Notifications): void {
  const prefix = 'prometheus_api_notification';
  registry.gaugeFrom(
    { name: `${prefix}_active_subscribers`, help: 'Clients that follow notifications.' },
    () => notifications.listeners,
  );
  registry.counterFrom(
    { name: `${prefix}_updates_sent_total`, help: 'Notifications sent to clients that follow them.' },
    () => notifications.sent,
  );
  registry.counterFrom({ name: `${prefix}_updates_dropped_total`, help: 'Notifications dropped.' }, () => 0);
}
