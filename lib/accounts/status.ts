import type { Status } from './port.ts';

/** The status at `now` (ms); null when there is none, or it has ended. */
export const currentStatus = (status: Status | undefined, now: number): Status | null =>
  status && (status.until === null || status.until > now) ? status : null;

/** A status as JSON; `until` is RFC 3339 in UTC. */
export const statusJson = (status: Status | null) =>
  status && { emoji: status.emoji, text: status.text, until: status.until === null ? null : new Date(status.until).toISOString() };
