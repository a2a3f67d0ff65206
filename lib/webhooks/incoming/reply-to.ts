import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { DomainError } from '../../errors.ts';
import type { HeaderOf } from '../signing.ts';
import type { IncomingWebhook } from './authenticate.ts';
import { firstText, type JsonObject, seqIn } from './formats/read.ts';
import { isChat } from './formats/registry.ts';
import type { Payload } from './payload.ts';

/** What of a delivery names the message that it answers. `given`: `reply_to`, ours; `thread`: an id in a field of another chat. */
type Named = { readonly given?: unknown; readonly thread?: string | undefined };

/**
 * The message that a delivery answers. `reply_to`, in the body or in the query, is the seq of one; the post is refused when there is none. The thread
 * fields of Slack, Mattermost and Rocket.Chat count when they are an `id` that a response of this server had; any other id is ignored, and never
 * fails the post. Errors: `invalid` (reply_to), StoreUnavailable.
 */
export async function replyToOf(
  ctx: Context,
  core: Core,
  { at }: IncomingWebhook,
  header: HeaderOf,
  payload: Payload,
): Promise<{ readonly replyTo?: number }> {
  const { given, thread } = namedIn(ctx, header, payload);
  const seq = given === undefined ? seqOfId(at.group.id, thread) : seqIn(given);
  if (seq === null) return {};
  if (seq === undefined) throw new DomainError('invalid', 'reply_to must be the seq of a message.', { field: 'reply_to' });
  if (given === undefined && !(await core.store.log.message(at.group.id, seq))) return {};
  return { replyTo: seq };
}

function namedIn(ctx: Context, header: HeaderOf, payload: Payload): Named {
  const { value }: { readonly value: JsonObject } = payload.kind === 'object' ? payload.parsed : { value: {} };
  const named = { given: value.reply_to, thread: firstText(value.thread_ts, value.root_id, value.tmid) };
  const isNamed = payload.kind === 'object' && (named.given !== undefined || named.thread !== undefined) && isChat(header, payload.parsed);
  return { ...(isNamed ? named : {}), given: (isNamed ? named.given : undefined) ?? ctx.query.reply_to };
}

/** The seq in an `id` of a message of this group; null for any other text. */
function seqOfId(group: string, id: string | undefined): number | null {
  return id?.startsWith(`${group}-`) ? (seqIn(id.slice(group.length + 1)) ?? null) : null;
}

/** What a repeated delivery with the same key must have in common with the first, besides its body. */
export const sameReplyTo = (ctx: Context): readonly string[] =>
  ctx.query.reply_to === undefined ? [] : [`reply_to=${ctx.query.reply_to}`];
