import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { IDEMPOTENCY_KEY, originOf } from '../../http/context.ts';
import { type Problem, problemOf } from '../../http/errors.ts';
import type { Message } from '../../log/entry.ts';
import { type FoldedMessage, isErased } from '../../log/fold.ts';
import { bodyAsText } from '../../markup/rich-content-text.ts';
import type { IncomingWebhook } from './authenticate.ts';
import { lookUp } from './formats/read.ts';
import { UnknownEncoding } from './payload.ts';

/** How a client wants to be answered: told by its URL, its query and Accept, and in the end by the shape of what it posts. */
export type AnswerDialect = {
  isDiscord: boolean;
  isMultipart: boolean;
  /** `?wait=true`: it wants to know the message. */
  readonly waits: boolean;
  readonly wantsJson: boolean;
};

/** As it looks before the body was read. Only Discord's clients say `wait`, and those of Python with a capital letter. */
export function dialectOf(ctx: Context, isDiscord: boolean): AnswerDialect {
  const waits = /^(?:true|1)$/i.test(String(ctx.query.wait ?? ''));
  const isAsked = /^application\/json$/i.test(ctx.get('Accept').trim());
  return { isDiscord: isDiscord || waits, isMultipart: false, waits, wantsJson: waits || isAsked };
}

/** What went wrong: the status, Slack's word for it, and Discord's words and code. */
type Trouble = readonly [status: number, word: string, message: string, code: number];

const TROUBLES: Readonly<Record<string, Trouble>> = {
  notFound: [404, 'no_service', 'Unknown Webhook', 10015],
  unknownMessage: [404, 'message_not_found', 'Unknown Message', 10008],
  malformed: [400, 'invalid_payload', 'Invalid Form Body', 50035],
  invalid: [400, 'no_text', 'Cannot send an empty message', 50006],
  invalidKey: [400, 'invalid_key', 'Invalid idempotency key', 50035],
  unauthenticated: [403, 'action_prohibited', 'Missing Permissions', 50013],
  forbidden: [410, 'channel_is_archived', 'This channel is archived', 50083],
  tooLarge: [413, 'too_large', 'Request entity too large', 40005],
  unknownEncoding: [415, 'unsupported_encoding', 'Unsupported content encoding', 50035],
  keyReused: [422, 'key_reused', 'This idempotency key stands for another message', 50035],
  inFlight: [409, 'in_flight', 'The first request with this key is still being written', 40002],
  tooMany: [429, 'rate_limited', 'You are being rate limited.', 0],
  unavailable: [503, 'rollup_error', 'The store does not answer', 0],
};
const OURS: Trouble = [500, 'rollup_error', 'Internal error', 0];

/** Says that a message is stored for good: exactly `ok`, which several clients compare, unless its client is of Discord's kind or asks for JSON. */
export function acknowledge(ctx: Context, core: Core, manner: AnswerDialect, hook: IncomingWebhook, folded: FoldedMessage): void {
  ctx.status = 200;
  if (manner.isDiscord && !manner.waits && !manner.isMultipart) {
    ctx.status = 204;
  } else if (manner.isDiscord) {
    answerMessage(ctx, core, hook, folded);
  } else if (manner.wantsJson) {
    ctx.body = receiptJson(folded.message, place(ctx, core, hook, folded.message));
  } else say(ctx, 'ok');
}

/** A message as Discord's clients want it. */
export function answerMessage(ctx: Context, core: Core, hook: IncomingWebhook, folded: FoldedMessage): void {
  ctx.body = { ...discordMessage(hook, folded), ...place(ctx, core, hook, folded.message) };
}

/** For a client that asks for JSON: the message is stored. `url`: in full. */
export const receiptJson = ({ group, seq }: Message, place: { readonly seq: number; readonly url: string }) => ({
  ...{ ok: true as const, success: true as const },
  id: `${group}-${seq}`,
  ...place,
});

/** For a client that asks for JSON: the delivery was refused, and why in one word. */
export const refusalJson = (word: string) => ({ ok: false as const, success: false as const, error: word });

function place(ctx: Context, core: Core, { at }: IncomingWebhook, { seq }: Message) {
  return { seq, url: `${originOf(ctx, core.config)}/groups/${at.group.slug}/messages/${seq}` };
}

/** What Discord's clients look for in a message. Ids are decimal there. */
export function discordMessage({ at }: IncomingWebhook, folded: FoldedMessage) {
  const { message, state } = folded;
  const channel = String(at.group.number);
  return {
    id: String(message.seq),
    type: 0,
    channel_id: channel,
    webhook_id: channel,
    author: { id: channel, username: message.as ?? at.user.name, bot: true, discriminator: '0000', avatar: null },
    content: isErased(folded) ? '' : bodyAsText(state.body, state.format),
    timestamp: new Date(message.at).toISOString(),
    edited_timestamp: state.editedAt === undefined ? null : new Date(state.editedAt).toISOString(),
    ...{ tts: false, pinned: false, mention_everyone: false, flags: 0 },
    ...{ embeds: [], attachments: [], components: [], mentions: [], mention_roles: [] },
  };
}

/** Says what went wrong, in Slack's words or Discord's. */
export function refuse(ctx: Context, core: Core, manner: AnswerDialect, error: unknown): void {
  const problem = problemOf(error);
  const isUnknown = error instanceof UnknownEncoding;
  if (problem.isUnexpected && !isUnknown) core.logger.error({ err: error }, 'webhook failed');
  const [status, word, message, code] = lookUp(TROUBLES, isUnknown ? 'unknownEncoding' : nameOf(problem)) ?? OURS;
  ctx.status = status;
  const { retryAfterSeconds: seconds } = problem;
  if (seconds !== undefined) ctx.set('Retry-After', String(seconds));
  if (manner.isDiscord) {
    if (status === 429 && seconds !== undefined) ctx.set('X-RateLimit-Reset-After', String(seconds));
    ctx.body = status === 429 ? { message, retry_after: seconds ?? 1, global: false, code } : { message, code };
  } else if (manner.wantsJson) ctx.body = refusalJson(word);
  else say(ctx, word);
}

function nameOf({ code, field }: Problem): string {
  if ((code === 'invalid' && field === 'key') || field === IDEMPOTENCY_KEY) return 'invalidKey';
  return code === 'notFound' && field === 'message' ? 'unknownMessage' : code;
}

function say(ctx: Context, text: string): void {
  ctx.type = 'text/plain';
  ctx.body = text;
}
