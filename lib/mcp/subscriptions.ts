import type { ServerEvent, ServerEventBus } from '@modelcontextprotocol/server';
import { DomainError, invalid } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import type { GroupId } from '../ids.ts';
import { type Entry, isFollowUp } from '../log/entry.ts';
import { type Caller, groupOf } from './caller.ts';
import { parseUri } from './uris.ts';

/** URIs of one subscription. */
const MAX_URIS = 200;
/** The first change is notified at once; later ones together, at most this often: ms. */
const PAUSE_MS = 200;

/** The URIs of one subscription that the caller may read, by group. `messages`: by seq. */
type Followed = { readonly at: GroupAccess; readonly group: Set<string>; readonly messages: Map<number, Set<string>> };

export type Subscription = { readonly uris: readonly string[]; readonly groups: ReadonlyMap<GroupId, Followed> };

/** The URIs that exist and that the caller may read; the others are not acknowledged. Errors: `invalid` (too many), StoreUnavailable. */
export async function subscriptionOf(caller: Caller, given: readonly unknown[]): Promise<Subscription> {
  if (given.length > MAX_URIS)
    throw invalid('resourceSubscriptions', `resourceSubscriptions has ${given.length} URIs: ${MAX_URIS} at most.`);
  const groups = new Map<GroupId, Followed>();
  const uris: string[] = [];
  for (const uri of new Set(given)) {
    const named = typeof uri === 'string' ? parseUri(uri) : undefined;
    const at = named && (await readable(caller, named.slug));
    if (typeof uri !== 'string' || !named || !at) continue;
    const followed = groups.get(at.group.id) ?? { at, group: new Set(), messages: new Map() };
    groups.set(at.group.id, followed);
    uris.push(uri);
    if (named.seq === undefined) followed.group.add(uri);
    else followed.messages.set(named.seq, (followed.messages.get(named.seq) ?? new Set()).add(uri));
  }
  return { uris, groups };
}

async function readable(caller: Caller, slug: string): Promise<GroupAccess | undefined> {
  try {
    return await groupOf(caller, slug);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'notFound') return undefined;
    throw error;
  }
}

/** The URIs that these entries of a group change: the group's own, and those of the messages. */
export function changedUris({ groups }: Subscription, group: GroupId, entries: readonly Entry[]): string[] {
  const followed = groups.get(group);
  if (!followed || entries.length === 0) return [];
  return [
    ...followed.group,
    ...entries.flatMap((entry) => [...(followed.messages.get(isFollowUp(entry) ? entry.target : entry.seq) ?? [])]),
  ];
}

/** Passes events on to one stream: the first at once, those that follow within PAUSE_MS together and each of them once. */
export class Notifier implements ServerEventBus {
  readonly #listeners = new Set<(event: ServerEvent) => void>();
  readonly #waiting = new Map<string, ServerEvent>();
  #timer: NodeJS.Timeout | undefined;

  publish(event: ServerEvent): void {
    this.#waiting.set(event.kind === 'resource_updated' ? event.uri : event.kind, event);
    if (this.#timer === undefined) this.#flush();
  }

  subscribe(listener: (event: ServerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #flush(): void {
    const events = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#timer = events.length === 0 ? undefined : setTimeout(() => this.#flush(), PAUSE_MS).unref();
    for (const event of events) for (const listener of [...this.#listeners]) listener(event);
  }
}
