import { invalid, notFound } from '../../errors.ts';
import type { Stored } from '../../files/operations.ts';
import { admitConnection } from '../../http/connections.ts';
import { idempotencyKey, siteUrlOf } from '../../http/context.ts';
import { writeJson } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { type FoldedMessage, isErased } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';
import { parseEmoji } from '../../markup/emoji.ts';
import * as messages from '../../messages/operations.ts';
import { isUpload } from '../../messages/uploads.ts';
import { postWithFiles, replaceFiles } from '../../messages/with-files.ts';
import { cutText } from '../../text/body.ts';
import { asMember, botOf, type CallContext, idIn } from './authenticate.ts';
import { contentIn, textIn } from './body.ts';
import { listMessages } from './history.ts';
import { type Boost, boostJson, type CampfireContext, messagesJson, urlOf } from './presenter.ts';

type Call = 'list' | 'post' | 'edit' | 'erase' | 'boost' | 'unboost';
type Handler = (ctx: CallContext, campfire: CampfireContext) => Promise<void>;

const CALLS: Readonly<Record<Call, Handler>> = { list: listMessages, post: postMessage, edit, erase, boost, unboost };

/**
 * Handles one call of a bot in a room that it is a member of. Errors: `unauthenticated`, `notFound`, and those of the call;
 * `forbidden` for messages of others, `invalid` for a text without visible content, `tooMany`.
 */
export async function handleCall(ctx: CallContext, { core, views }: RouteContext, call: Call): Promise<void> {
  const { room = '', key = '' } = ctx.params;
  const lookups = call === 'post' ? core.lookupCache : core.lookupCache.fresh(); // the log checks permissions again when they have changed
  const at = await asMember(core, await botOf(core, key, lookups), room, lookups);
  admitConnection(ctx.req);
  await CALLS[call](ctx, { core, views, at, origin: siteUrlOf(ctx, core.config) });
}

/** Responds 201 without a body: Campfire returns only the message's URL, in Location. */
async function postMessage(ctx: CallContext, campfire: CampfireContext): Promise<void> {
  const { core, at } = campfire;
  const given = idempotencyKey(ctx);
  const key = given === undefined ? {} : { key: messages.keyIn('client', given), mayWait: false };
  const { text, files, isAdmitted } = await contentIn(ctx, core, at);
  const body = cutText(text, core.config.maxBodyBytes);
  const { message, isNew } = await postWithFiles(core, at, { body, isAdmitted, ...key }, files);
  ctx.set('Location', urlOf(campfire, message.seq));
  ctx.status = isNew ? 201 : 200;
  ctx.body = '';
  ctx.remove('Content-Type');
}

/** A text replaces the text, a file in `attachment` the files; the other stays. */
async function edit(ctx: CallContext, campfire: CampfireContext): Promise<void> {
  const { core, at } = campfire;
  const { message } = await present(ctx, campfire);
  const folded = isUpload(ctx)
    ? await replaceFiles(core, at, message.seq, await filesIn(ctx, campfire))
    : await messages.edit(core, at, message.seq, cutText(await textIn(ctx), core.config.maxBodyBytes), { format: 'text' });
  [ctx.body] = await messagesJson(campfire, [folded]);
}

async function filesIn(ctx: CallContext, { core, at }: CampfireContext): Promise<readonly Stored[]> {
  const { files } = await contentIn(ctx, core, at);
  if (files.length === 0) throw invalid('attachment', 'The form has no file in `attachment`.');
  return files;
}

async function erase(ctx: CallContext, campfire: CampfireContext): Promise<void> {
  const { message } = await present(ctx, campfire);
  await messages.erase(campfire.core, campfire.at, message.seq);
  ctx.status = 204;
}

/** Idempotent: a repeated boost has the same id, since a reaction exists once per user. */
async function boost(ctx: CallContext, campfire: CampfireContext): Promise<void> {
  const { message } = await present(ctx, campfire);
  const emoji = parseEmoji(await textIn(ctx));
  await messages.react(campfire.core, campfire.at, message.seq, emoji, true);
  const made = (await ownBoosts(campfire, message.seq)).findLast((one) => one.emoji === emoji);
  if (!made) throw notFound(); // removed meanwhile
  ctx.status = 201;
  writeJson(ctx, boostJson(campfire, made));
}

async function unboost(ctx: CallContext, campfire: CampfireContext): Promise<void> {
  const { message } = await present(ctx, campfire);
  const id = idIn(ctx.params.boost ?? '');
  const made = (await ownBoosts(campfire, message.seq)).find((one) => one.seq === id);
  if (!made) throw notFound();
  await messages.react(campfire.core, campfire.at, message.seq, made.emoji, false);
  ctx.status = 204;
}

/** The message in the path. Errors: `notFound`, also when it is erased. */
async function present(ctx: CallContext, { core, at }: CampfireContext): Promise<FoldedMessage> {
  const id = idIn(ctx.params.id ?? '');
  const folded = id === undefined ? undefined : await readMessage(core, at.group.id, id);
  if (!folded || isErased(folded)) throw notFound();
  return folded;
}

/** This bot's current boosts of a message. */
async function ownBoosts({ core, at }: CampfireContext, target: number): Promise<Boost[]> {
  const all = await core.store.log.followUps(at.group.id, [{ seq: target, after: 0 }]);
  const ours = all.filter((one): one is typeof one & Boost => 'emoji' in one && one.author === at.user.id);
  return [...Map.groupBy(ours, ({ emoji }) => emoji).values()].flatMap((one) => one.at(-1) ?? []).filter(({ kind }) => kind === 'react');
}
