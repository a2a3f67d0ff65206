import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { IDEMPOTENCY_KEY, siteUrlOf } from '../../http/context.ts';
import { type Problem, problemOf } from '../../http/errors.ts';
import { writeJson } from '../../http/reply.ts';
import type { Message } from '../../log/entry.ts';
import { type FoldedMessage, isErased } from '../../log/fold.ts';
import { bodyAsText } from '../../markup/rich-content-text.ts';
import type { IncomingWebhook } from './authenticate.ts';
import { lookUp } from './formats/read.ts';
import { UnknownEncoding } from './payload.ts';

/** The response format that a client expects, by its URL, query and Accept header, and finally by the format of its payload. */
export type ResponseDialect = {
  isDiscord: boolean;
  isMultipart: boolean;
  /** `?wait=true`: the response is to contain the message. */
  readonly waits: boolean;
  readonly wantsJson: boolean;
};

/** The dialect before the body is read. Only Discord clients send `wait`; Python clients send `True`. */
export function dialectOf(ctx: Context, isDiscord: boolean): ResponseDialect {
  const waits = /^(?:true|1)$/i.test(String(ctx.query.wait ?? ''));
  const isAsked = /^application\/json$/i.test(ctx.get('Accept').trim());
  return { isDiscord: isDiscord || waits, isMultipart: false, waits, wantsJson: waits || isAsked };
}

/** An error response: the status, Slack's error string, and Discord's message and code. */
type ErrorResponse = readonly [status: number, word: string, message: string, code: number];

const ERROR_RESPONSES: Readonly<Record<string, ErrorResponse>> = {
  notFound: [404, 'no_service', 'Unknown Webhook', 10015],
  unknownMessage: [404, 'message_not_found', 'Unknown Message', 10008],
  malformed: [400, 'invalid_payload', 'Invalid Form Body', 50035],
  invalid: [400, 'no_text', 'Cannot send an empty message', 50006],
  invalidActions: [422, 'invalid_actions', 'The actions are not valid', 50035],
  invalidReplyTo: [422, 'invalid_reply_to', 'There is no such message to reply to', 50035],
  invalidKey: [400, 'invalid_key', 'Invalid idempotency key', 50035],
  unauthenticated: [403, 'action_prohibited', 'Missing Permissions', 50013],
  forbidden: [410, 'channel_is_archived', 'This channel is archived', 50083],
  tooLarge: [413, 'too_large', 'Request entity too large', 40005],
  unknownEncoding: [415, 'unsupported_encoding', 'Unsupported content encoding', 50035],
  keyReused: [422, 'key_reused', 'This idempotency key was used for another message', 50035],
  inFlight: [409, 'in_flight', 'The first request with this key is still being written', 40002],
  tooMany: [429, 'rate_limited', 'You are being rate limited.', 0],
  unavailable: [503, 'rollup_error', 'The store is not available', 0],
};
const INTERNAL_ERROR: ErrorResponse = [500, 'rollup_error', 'Internal error', 0];

/** Confirms that a message is stored: `ok`, which several clients compare exactly, or the format of Discord, or JSON when it is requested. */
export function acknowledge(ctx: Context, core: Core, dialect: ResponseDialect, hook: IncomingWebhook, folded: FoldedMessage): void {
  ctx.status = 200;
  if (dialect.isDiscord && !dialect.waits && !dialect.isMultipart) {
    ctx.status = 204;
  } else if (dialect.isDiscord) {
    respondWithMessage(ctx, core, hook, folded);
  } else if (dialect.wantsJson) {
    writeJson(ctx, receiptJson(folded.message, place(ctx, core, hook, folded.message)));
  } else respondText(ctx, 'ok');
}

/** Responds with a message in Discord's format. */
export function respondWithMessage(ctx: Context, core: Core, hook: IncomingWebhook, folded: FoldedMessage): void {
  writeJson(ctx, { ...discordMessage(hook, folded), ...place(ctx, core, hook, folded.message) });
}

/** The JSON response for a stored message. `url` is absolute. */
export const receiptJson = ({ group, seq }: Message, place: { readonly seq: number; readonly url: string }) => ({
  ...{ ok: true as const, success: true as const },
  id: `${group}-${seq}`,
  ...place,
});

/** The JSON response for a refused delivery, with Slack's error string. `detail`: which field is wrong, of those that are ours. */
export const refusalJson = (word: string, detail?: string) => ({
  ...{ ok: false as const, success: false as const, error: word },
  ...(detail === undefined ? {} : { detail }),
});

function place(ctx: Context, core: Core, { at }: IncomingWebhook, { seq }: Message) {
  return { seq, url: `${siteUrlOf(ctx, core.config)}/groups/${at.group.slug}/messages/${seq}` };
}

/** A message in Discord's format, whose ids are decimal. */
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

/** Responds with an error in the format of Slack, Discord or JSON. */
export function refuse(ctx: Context, core: Core, dialect: ResponseDialect, error: unknown): void {
  const problem = problemOf(error);
  const isUnknown = error instanceof UnknownEncoding;
  if (problem.isUnexpected && !isUnknown) core.logger.error({ err: error }, 'webhook failed');
  const name = isUnknown ? 'unknownEncoding' : nameOf(problem);
  const [status, word, message, code] = lookUp(ERROR_RESPONSES, name) ?? INTERNAL_ERROR;
  const detail = name === 'invalidActions' ? problem.message : undefined;
  ctx.status = status;
  const { retryAfterSeconds: seconds } = problem;
  if (seconds !== undefined) ctx.set('Retry-After', String(seconds));
  if (dialect.isDiscord) {
    if (status === 429 && seconds !== undefined) ctx.set('X-RateLimit-Reset-After', String(seconds));
    writeJson(ctx, status === 429 ? { message, retry_after: seconds ?? 1, global: false, code } : { message, code });
  } else if (dialect.wantsJson) writeJson(ctx, refusalJson(word, detail));
  else respondText(ctx, detail === undefined ? word : `${word}: ${detail}`);
}

function nameOf({ code, field }: Problem): string {
  if ((code === 'invalid' && field === 'key') || field === IDEMPOTENCY_KEY) return 'invalidKey';
  if (code === 'invalid' && field === 'reply_to') return 'invalidReplyTo';
  if (field !== undefined && /^actions(?:\.|$)/.test(field)) return 'invalidActions';
  return code === 'notFound' && field === 'message' ? 'unknownMessage' : code;
}

function respondText(ctx: Context, text: string): void {
  ctx.type = 'text/plain';
  ctx.body = text;
}
