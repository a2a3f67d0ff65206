import type { Context } from 'koa';
import { z } from 'zod';
import { setDisabled } from '../accounts/operations.ts';
import type { User } from '../accounts/port.ts';
import { ofUser } from '../audit/act.ts';
import { rowsOf } from '../bots/delivery-pages.ts';
import { revokeBot } from '../bots/operations.ts';
import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import { removeMember } from '../groups/operations.ts';
import { isDirect } from '../groups/rules.ts';
import { shortText } from '../http/fields.ts';
import { adminOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { noStore, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { asUserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { sendAgain } from '../webhooks/outgoing/operations.ts';
import { recordedReason } from '../webhooks/outgoing/recorded.ts';
import { askFirst, sure } from './confirm.ts';
import { deliveriesOfAll, STATES } from './deliveries.ts';
import { listUsers } from './listing.ts';
import { pathWith } from './path-with.ts';

const botForm = z.object({ action: z.enum(['disable', 'enable', 'delete'], 'must be an action on a bot'), bot: shortText, sure });
/** `q`: text that names contain. `after`: the cursor of the list. */
const botQuery = z.object({ q: shortText.default(''), after: shortText.default('') });
const againForm = z.object({ delivery: shortText });
/** `before`: the id of a delivery. */
const deliveryQuery = z.object({ state: z.enum(STATES, `must be ${STATES.join(', ')}`).default('all'), before: shortText.default('') });

/** For administrators: the bots of all groups with their webhooks, and what outgoing webhooks have delivered. */
export function adminBotRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/admin/bots', async (ctx) => {
    adminOf(ctx);
    await showBots(ctx, deps, parseQuery(botQuery, ctx));
  });

  router.post('/admin/bots', async (ctx) => {
    const { user: by } = adminOf(ctx);
    const here = botsPath(parseQuery(botQuery, ctx));
    const { action, bot: id, sure: isSure } = await parse(botForm, ctx);
    const bot = await botOf(core, id);
    if (action === 'delete' && isSure === undefined) return askFirst(ctx, deps, { ...deletionOf(bot), action: here, back: here });
    setFlash(ctx, await act(core, by, bot, action));
    seeOther(ctx, here);
  });

  router.get('/admin/deliveries', async (ctx) => {
    adminOf(ctx);
    await showDeliveries(ctx, deps, parseQuery(deliveryQuery, ctx));
  });

  router.post('/admin/deliveries', async (ctx) => {
    adminOf(ctx);
    const here = deliveriesPath(parseQuery(deliveryQuery, ctx));
    const { delivery: id } = await parse(againForm, ctx);
    const delivery = await core.store.deliveries.byId(id);
    if (!delivery) throw notFound(t`There is no such delivery.`);
    const bot = await botOf(core, delivery.bot);
    await sendAgain(core, bot, id);
    await core.audit.record({ act: 'delivery_repeated', subject: ofUser(bot), detail: delivery.event });
    setFlash(ctx, t`The delivery to ${bot.name} is sent again.`);
    seeOther(ctx, here);
  });
  return router;
}

type BotQuery = z.infer<typeof botQuery>;
type DeliveryQuery = z.infer<typeof deliveryQuery>;

const botsPath = (asked: BotQuery): string => pathWith('/admin/bots', asked);
const deliveriesPath = ({ state, before }: DeliveryQuery): string =>
  pathWith('/admin/deliveries', { state: state === 'all' ? '' : state, before });

async function botOf({ store }: Core, id: string): Promise<User> {
  const bot = await store.users.byId(asUserId(id));
  if (!bot?.bot) throw notFound(t`There is no such bot.`);
  return bot;
}

const deletionOf = ({ id, name }: User) => ({
  title: t`Delete ${name}?`,
  lost: [
    t`Its tokens and its webhooks, incoming and outgoing, stop working at once.`,
    t`It leaves all groups. Its messages stay.`,
    t`It cannot be undone.`,
  ],
  fields: { action: 'delete', bot: id },
  label: t`Delete the bot`,
});

/** Resolves to what was done, in words. */
async function act(core: Core, by: User, bot: User, action: 'disable' | 'enable' | 'delete'): Promise<string> {
  if (action !== 'delete') {
    await setDisabled(core, by.id, bot, action === 'disable');
    return action === 'disable' ? t`${bot.name} is disabled: its tokens and webhooks do not work.` : t`${bot.name} is enabled.`;
  }
  await leaveAll(core, by, bot);
  await revokeBot(core, by.id, bot);
  await core.audit.record({ act: 'bot_deleted', subject: ofUser(bot) });
  return t`${bot.name} is deleted. Its messages stay.`;
}

async function leaveAll(core: Core, by: User, bot: User): Promise<void> {
  const memberships = await core.store.memberships.ofUser(bot.id);
  for (const group of await core.store.groups.byIds(memberships.map((one) => one.group)))
    if (!isDirect(group)) await removeMember(core, by.id, group, bot, true);
}

async function showBots(ctx: Context, { core, views }: RouteContext, asked: BotQuery): Promise<void> {
  noStore(ctx);
  const { rows, next } = await listUsers(core, { bots: true, words: asked.q, after: asked.after });
  renderPage(ctx, views, 'admin/bots.njk', t`Bots`, {
    q: asked.q,
    here: botsPath(asked),
    bots: await Promise.all(rows.map((bot) => rowOf(core, bot))),
    more: next === null ? null : botsPath({ ...asked, after: next }),
  });
}

async function rowOf({ store }: Core, { id, name, color, disabled }: User) {
  const [memberships, tokens, webhook] = await Promise.all([
    store.memberships.ofUser(id),
    store.tokens.listOf(id),
    store.webhooks.byBot(id),
  ]);
  const groups = (await store.groups.byIds(memberships.map(({ group }) => group))).filter((group) => !isDirect(group));
  const used = Math.max(0, ...tokens.map(({ lastUsedAt }) => lastUsedAt ?? 0));
  return {
    ...{ id, name, color, disabled, usedAt: used === 0 ? null : used },
    groups: groups.map(({ slug, name: title }) => ({ slug, name: title })),
    incoming: tokens.filter(({ kind }) => kind === 'hook').length,
    outgoing: webhook ? { disabled: recordedReason(webhook.disabled), host: hostOf(webhook.url) } : null,
  };
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : t`unknown`);

async function showDeliveries(ctx: Context, { core, views }: RouteContext, asked: DeliveryQuery): Promise<void> {
  noStore(ctx);
  const { deliveries, bots, older } = await deliveriesOfAll(core, asked);
  const rows = await rowsOf(core, deliveries);
  renderPage(ctx, views, 'admin/deliveries.njk', t`Deliveries`, {
    here: deliveriesPath(asked),
    state: asked.state,
    states: STATES,
    deliveries: rows.map((row, index) => ({ ...row, bot: bots.get(deliveries[index]?.bot ?? asUserId('')) ?? null })),
    older: older === null ? null : deliveriesPath({ ...asked, before: older }),
  });
}
