import type { BusEvent } from '../events.ts';
import type { GroupId } from '../ids.ts';

/** A larger event is replaced with a `head` event, since Redis would copy it to every process. */
export const MAX_EVENT_BYTES = 256 * 1024;

/** The event as JSON; a `head` event in place of entries too large to carry. */
export function encode(event: BusEvent): string {
  const text = JSON.stringify(event);
  const last = event.type === 'entries' ? event.entries.at(-1) : undefined;
  if (last === undefined || Buffer.byteLength(text) <= MAX_EVENT_BYTES) return text;
  return JSON.stringify({ type: 'head', group: event.group, seq: last.seq } satisfies BusEvent);
}

/**
 * The event in `text`; undefined for anything else, such as an event of a newer version of this program during an upgrade.
 * `group`: the group whose channel it was received on.
 */
export function decode(text: string, group?: GroupId): BusEvent | undefined {
  const event = parse(text);
  if (!isEvent(event) || (group !== undefined && event.group !== group)) return undefined;
  return event;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Checks the outer fields only: what comes from another process is signed by it (signing.ts), and the store takes precedence. */
function isEvent(value: unknown): value is BusEvent {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('group' in value) || typeof value.group !== 'string')
    return false;
  if (value.type === 'entries') return 'entries' in value && Array.isArray(value.entries);
  if (value.type === 'head') return 'seq' in value && Number.isSafeInteger(value.seq);
  if (value.type === 'typing')
    return 'user' in value && typeof value.user === 'string' && 'until' in value && Number.isSafeInteger(value.until);
  if (value.type === 'draft' || value.type === 'ephemeral')
    return 'user' in value && typeof value.user === 'string' && 'id' in value && typeof value.id === 'string';
  if (value.type === 'profile') return 'user' in value && typeof value.user === 'string';
  if (value.type === 'mark') return 'of' in value && typeof value.of === 'string' && 'n' in value && Number.isSafeInteger(value.n);
  return value.type === 'presence' || value.type === 'mine' || value.type === 'scheduled';
}
