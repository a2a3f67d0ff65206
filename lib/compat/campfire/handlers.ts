import { invalid, notFound } from '../../errors.ts';
import type { Stored } from '../../files/operations.ts';
import { idempotencyKey, originOf } from '../../http/context.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { type FoldedMessage, isErased } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';
import { parseEmoji } from '../../markup/emoji.ts';
import * as messages from '../../messages/operations.ts';
import { isUpload } from '../../messages/uploads.ts';
import { postWithFiles, replaceFiles } from '../../messages/with-files.ts';
import { cutText } from '../../text/body.ts';
import { asMember, botOf, type CallContext, idIn } from './authenticate.ts';
import { saidIn, textIn } from './body.ts';
import { listMessages } from './history.ts';
import { type Boost, boostJson, type CampfireContext, messagesJson, urlOf } from './presenter.ts';

export type Call = 'list' | 'say' | 'edit' | 'erase' | 'boost' | 'unboost';
type Answer = (ctx: CallContext, desk: CampfireContext) => Promise<void>;

const CALLS: Readonly<Record<Call, Answer>> = { list: listMessages, say, edit, erase, boost, unboost };

/**
 * Answers one call, for the bot whose key it has, in a room that it is in. Errors: `unauthenticated`, `notFound`, and those of the call;
 * `forbidden` for what is somebody else's, `invalid` for what has nothing to see in it, `tooMany`.
 */
export async function handleCall(ctx: CallContext, { core, views }: RouteContext, call: Call): Promise<void> {
  const { room = '', key = '' } = ctx.params;
  const look = call === 'say' ? core.lookupCache : core.lookupCache.fresh(); // the log decides again when rights have changed
  const at = await asMember(core, await botOf(core, key, look), room, look);
  await CALLS[call](ctx, { core, views, at, origin: originOf(ctx, core.config) });
}

/** 201 without a body: the message's address is all that Campfire says of it. */
async function say(ctx: CallContext, desk: CampfireContext): Promise<void> {
  const { core, at } = desk;
  const given = idempotencyKey(ctx);
  const key = given === undefined ? {} : { key: messages.keyIn('client', given), mayWait: false };
  const { text, files, isAdmitted } = await saidIn(ctx, core, at);
  const body = cutText(text, core.config.maxBodyBytes);
  const { message, isNew } = await postWithFiles(core, at, { body, isAdmitted, ...key }, files);
  ctx.set('Location', urlOf(desk, message.seq));
  ctx.status = isNew ? 201 : 200;
  ctx.body = '';
  ctx.remove('Content-Type');
}

/** A text replaces the text, a file in `attachment` the files; the other stays. */
async function edit(ctx: CallContext, desk: CampfireContext): Promise<void> {
  const { core, at } = desk;
  const { message } = await present(ctx, desk);
  const folded = isUpload(ctx)
    ? await replaceFiles(core, at, message.seq, await filesIn(ctx, desk))
    : await messages.edit(core, at, message.seq, cutText(await textIn(ctx), core.config.maxBodyBytes), 'text');
  [ctx.body] = await messagesJson(desk, [folded]);
}

async function filesIn(ctx: CallContext, { core, at }: CampfireContext): Promise<readonly Stored[]> {
  const { files } = await saidIn(ctx, core, at);
  if (files.length === 0) throw invalid('attachment', 'The form has no file in `attachment`.');
  return files;
}

async function erase(ctx: CallContext, desk: CampfireContext): Promise<void> {
  const { message } = await present(ctx, desk);
  await messages.erase(desk.core, desk.at, message.seq);
  ctx.status = 204;
}

/** The same boost twice is one, with the same id: a reaction is there or not. */
async function boost(ctx: CallContext, desk: CampfireContext): Promise<void> {
  const { message } = await present(ctx, desk);
  const emoji = parseEmoji(await textIn(ctx));
  await messages.react(desk.core, desk.at, message.seq, emoji, true);
  const made = (await ownBoosts(desk, message.seq)).findLast((one) => one.emoji === emoji);
  if (!made) throw notFound(); // taken back in between
  ctx.status = 201;
  ctx.body = boostJson(desk, made);
}

async function unboost(ctx: CallContext, desk: CampfireContext): Promise<void> {
  const { message } = await present(ctx, desk);
  const id = idIn(ctx.params.boost ?? '');
  const made = (await ownBoosts(desk, message.seq)).find((one) => one.seq === id);
  if (!made) throw notFound();
  await messages.react(desk.core, desk.at, message.seq, made.emoji, false);
  ctx.status = 204;
}

/** The message that the path names. Errors: `notFound`; an erased one is gone for bots. */
async function present(ctx: CallContext, { core, at }: CampfireContext): Promise<FoldedMessage> {
  const id = idIn(ctx.params.id ?? '');
  const folded = id === undefined ? undefined : await readMessage(core, at.group.id, id);
  if (!folded || isErased(folded)) throw notFound();
  return folded;
}

/** This bot's boosts of a message that still stand. */
async function ownBoosts({ core, at }: CampfireContext, target: number): Promise<Boost[]> {
  const all = await core.store.log.followUps(at.group.id, [{ seq: target, after: 0 }]);
  const ours = all.filter((one): one is typeof one & Boost => 'emoji' in one && one.author === at.user.id);
  return [...Map.groupBy(ours, ({ emoji }) => emoji).values()].flatMap((one) => one.at(-1) ?? []).filter(({ kind }) => kind === 'react');
}
