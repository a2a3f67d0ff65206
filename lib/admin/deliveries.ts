import type { Core } from '../core.ts';
import type { UserId } from '../ids.ts';
import { everyUser } from '../people/every-user.ts';
import type { Delivery } from '../webhooks/outgoing/deliveries-port.ts';

const PAGE_SIZE = 50;

/** States to choose from. */
export const STATES = ['all', 'waiting', 'failed', 'dropped', 'done'] as const;
type Asked = { readonly state: (typeof STATES)[number]; readonly before: string };

/** `name` of its bot. */
type BotName = { readonly id: UserId; readonly name: string };

/**
 * The newest deliveries of all bots, older than the delivery with id `before`; with a state those of a page that have it. `older`: for the next page, or
 * null. Reads the newest of each bot, so that the cost grows with the number of bots, not with that of deliveries.
 */
export async function deliveriesOfAll({ store }: Core, { state, before: beforeId }: Asked) {
  const before = beforeId === '' ? undefined : await store.deliveries.byId(beforeId);
  const bots = new Map<UserId, BotName>();
  const found: Delivery[] = [];
  for await (const { id, name } of everyUser(store, { bot: true })) {
    bots.set(id, { id, name });
    found.push(...(await store.deliveries.ofBot(id, { limit: PAGE_SIZE + 1, ...(before ? { before } : {}) })));
  }
  const newest = found.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  const page = newest.slice(0, PAGE_SIZE);
  const older = newest.length > PAGE_SIZE ? (page.at(-1)?.id ?? null) : null;
  return { deliveries: page.filter((one) => state === 'all' || one.state === state), bots, older };
}
