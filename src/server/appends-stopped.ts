import type { Notifications } from './notifications.ts';

/** What an operator reads while the database takes no samples: in a notice and under `/-/ready`. */
export function appendsStoppedText(reason: string): string {
  return `Samples are not stored: ${reason}. Queries are answered; it goes on by itself when the data directory can be written again.`;
}

/** Keeps the notice of a database that takes no samples in line with its reason. */
export function appendsStoppedNotice(notifications: Notifications): (reason: string | null) => void {
  let standing: string | null = null;
  return (reason) => {
    if (standing !== null) notifications.set(standing, false);
    standing = reason === null ? null : appendsStoppedText(reason);
    if (standing !== null) notifications.set(standing, true);
  };
}
