import type { Core } from '../core.ts';
import type { UserId } from '../ids.ts';
import type { Delivery } from '../webhooks/outgoing/deliveries-port.ts';

const PAGE_SIZE = 50;
/** Accounts per read. */
const WINDOW = 500;

/** States to choose from. */
export const STATES = ['all', 'waiting', 'failed', 'dropped', 'done'] as const;
type Asked = { readonly state: (typeof STATES)[number]; readonly before: string };

/** `name` of its bot. */
type BotName = { readonly id: UserId; readonly name: string };

/**
 * The newest deliveries of all bots, older than the delivery with id `before`; with a state those of a page that have it. `older`: for the next page, or
 * null. Reads the newest of each bot, so that the cost grows with the number of bots, not with that of deliveries.
 */
export async function deliveriesOfAll({ store }: Core, { state, before: id }: Asked) {
  const before = id === '' ? undefined : await store.deliveries.byId(id);
  const bots = new Map<UserId, BotName>();
  const found: Delivery[] = [];
  for await (const bot of everyBot(store)) {
    bots.set(bot.id, bot);
    found.push(...(await store.deliveries.ofBot(bot.id, { limit: PAGE_SIZE + 1, ...(before ? { before } : {}) })));
  }
  const newest = found.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  const page = newest.slice(0, PAGE_SIZE);
  const older = newest.length > PAGE_SIZE ? (page.at(-1)?.id ?? null) : null;
  return { deliveries: page.filter((one) => state === 'all' || one.state === state), bots, older };
}

async function* everyBot({ users }: Core['store']): AsyncGenerator<BotName> {
  for (let after: Awaited<ReturnType<typeof users.list>>[number] | undefined; ; ) {
    const window = await users.list({ limit: WINDOW, ...(after ? { after } : {}) });
    for (const { id, name, bot } of window) if (bot) yield { id, name };
    after = window.at(-1);
    if (window.length < WINDOW) return;
  }
}
