import type { Core } from '../../core.ts';
import { DomainError, StoreUnavailable } from '../../errors.ts';
import { checkPostRate } from '../../groups/admission.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { bodyOf, type StoredBody } from '../../markup/rich-content-text.ts';
import { keyIn, type Post, type Posted, post } from '../../messages/operations.ts';
import type { OutboundResponse } from '../../outbound/request.ts';
import { cutText, decodeUtf8, isBlank } from '../../text/body.ts';
import { isJsonObject, type JsonObject, seqIn } from '../incoming/formats/read.ts';
import { offeredIn, understand } from '../incoming/formats/registry.ts';
import type { Delivery } from './deliveries-port.ts';
import { TEST_EVENT } from './payload.ts';
import type { Webhook } from './port.ts';

/**
 * What a response posts: a body, with an optional display name; or a file. `replyTo`: the seq of the message that it answers, null for none; default:
 * the message that the call was about.
 */
type Reply = (StoredBody & Pick<Post, 'as' | 'actions'> & { readonly replyTo?: number | null }) | { readonly file: string };

/** `dropped`: why a response is not posted; null when it has no content. */
type NoReply = { readonly dropped: string | null };

/** The seq of the posted message; null when none was posted. `problem`: why a response with content was not posted. */
export type Replied = { readonly seq: number | null; readonly problem: string | null };

/** The JSON fields with content to post. A mere status (`{"ok": true}`, `{"message": "received"}`) has none of them. */
const CONTENT_FIELDS = ['text', 'blocks', 'attachments', 'content', 'embeds'];

/**
 * What a response posts: of a 200 its text or Markdown, its JSON as an incoming webhook would parse it, or a file; of anything else why it
 * is not posted. text/html without markup counts as plain text, since small web frameworks send that type by default.
 */
export function replyOf(answer: OutboundResponse, maxBytes: number): Reply | NoReply {
  const { status, type, encoding, disposition, body, isCut } = answer;
  if (body.length === 0 || isCut) return { dropped: null }; // the attempt reports a response that was cut
  if (status !== 200) return { dropped: `only a response with status 200 is, and this is a ${status}.` };
  if (!/^(identity)?$/i.test(encoding)) return { dropped: `its Content-Encoding is ${shown(encoding)}: send it uncompressed.` };
  const kind = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (isFile(kind, disposition)) return { file: nameIn(disposition) ?? `attachment.${extensionOf(kind)}` };
  return textIn(kind, decodeUtf8(body), maxBytes);
}

function textIn(kind: string, text: string, maxBytes: number): Reply | NoReply {
  if (kind === 'application/json' || kind.endsWith('+json')) return fromJson(text, maxBytes);
  if (isBlank(text)) return { dropped: null };
  if (kind === 'text/html' && /[<&]/.test(text)) return { dropped: 'it is HTML: send text/plain or text/markdown.' };
  if (kind === 'text/markdown') return { body: cutText(text, maxBytes), format: 'markdown' };
  if (kind === 'text/plain' || kind === 'text/html') return { body: cutText(text, maxBytes), format: 'text' };
  return { dropped: kind === '' ? 'it has no Content-Type.' : `its Content-Type is ${shown(kind)}.` };
}

/** A header value of the bot, for a reason. */
const shown = (value: string): string => value.replace(/[^\x21-\x7e]/g, '?').slice(0, 60);

const isFile = (kind: string, disposition: string): boolean =>
  /^(image|audio|video)\/|^application\/(pdf|zip|octet-stream)$/.test(kind) || /^\s*attachment\b/i.test(disposition);

const nameIn = (disposition: string): string | undefined => /\bfilename="?([^";]{1,200})"?/i.exec(disposition)?.[1];

const extensionOf = (kind: string): string => /\/(?:x-)?([a-z0-9]{1,10})/.exec(kind)?.[1]?.replace('octet', 'bin') ?? 'bin';

function fromJson(text: string, maxBytes: number): Reply | NoReply {
  const value = objectIn(text);
  if (!value) return { dropped: 'it is not a JSON object, though its Content-Type says JSON.' };
  if (!saysSomething(value)) return { dropped: `its JSON has none of ${CONTENT_FIELDS.join(', ')}.` };
  const replyTo = 'reply_to' in value ? seqIn(value.reply_to) : undefined;
  if ('reply_to' in value && replyTo === undefined) return { dropped: 'its reply_to is neither null nor the seq of a message.' };
  const parsed = { value, files: [], isMultipart: false };
  const model = understand(() => '', parsed);
  if (!model) return { dropped: 'its JSON has no content to show.' };
  return {
    ...bodyOf(model, maxBytes),
    as: model.name,
    actions: offeredIn(() => '', parsed),
    ...(replyTo === undefined ? {} : { replyTo }),
  };
}

const hasContent = (value: unknown): boolean => (typeof value === 'string' ? !isBlank(value) : Array.isArray(value) && value.length > 0);

/** Whether an object has fields with content to post. */
export const saysSomething = (value: JsonObject): boolean => CONTENT_FIELDS.some((name) => hasContent(value[name]));

/** The JSON object that a response is, where its content counts; undefined for any other response. */
export function jsonOf({ status, type, encoding, body, isCut }: OutboundResponse): JsonObject | undefined {
  const isWhole = status === 200 && !isCut && /^(identity)?$/i.test(encoding);
  return isWhole && isJson(type) ? objectIn(decodeUtf8(body)) : undefined;
}

const isJson = (type: string): boolean => /^\s*application\/(?:json|[\w.-]+\+json)\s*(?:;|$)/i.test(type);

function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Posts a bot's response as the bot, as a reply to the message that the call was about unless the response says otherwise. Repeated deliveries of the
 * same event post once, and the message triggers no webhook.
 * Rejects with StoreUnavailable when it cannot be stored: the delivery is then retried.
 */
export async function postReply(core: Core, at: GroupAccess, delivery: Delivery, answer: OutboundResponse): Promise<Replied> {
  if (delivery.event === TEST_EVENT) return { seq: null, problem: null };
  const reply = replyOf(answer, core.config.maxBodyBytes);
  if ('dropped' in reply) return { seq: null, problem: reply.dropped && `The response was not posted: ${reply.dropped}` };
  return tryPost(() => {
    const input = { key: keyIn('reply', delivery.id), sameness: [delivery.id], callsNobody: true };
    const about = delivery.message ?? undefined;
    if ('file' in reply) return postFile(core, at, { ...input, replyTo: about }, reply.file, answer.body);
    const { replyTo = about, ...content } = reply;
    return post(core, at, { ...input, ...content, replyTo: replyTo ?? undefined });
  });
}

/**
 * Posts as the bot, in reply to the message, that it did not respond in time, as Campfire does, where a message mentions it or is direct. Posted once
 * for a delivery, however often it is attempted. A bot that is called for all messages or for keywords may only listen: nobody waits for it, and
 * nothing is posted.
 * Rejects with StoreUnavailable when the store does not take it: then the bot is to be called again.
 */
export async function postTimeout(core: Core, at: GroupAccess, delivery: Delivery, { on }: Webhook, timeoutMs: number): Promise<void> {
  if (on !== 'mention' || delivery.event !== 'posted') return;
  const key = keyIn('reply', `${delivery.id}/timeout`);
  const body = `Failed to respond within ${timeoutMs / 1000} seconds`;
  const replyTo = delivery.message ?? undefined;
  const { problem } = await tryPost(() => post(core, at, { body, key, replyTo, sameness: [delivery.id], callsNobody: true }));
  if (problem !== null) core.logger.debug({ delivery: delivery.id, problem }, 'the timeout of a webhook was not announced');
}

const tryPost = (posting: () => Promise<Posted>): Promise<Replied> =>
  refusedAsProblem(async () => ({ seq: (await posting()).message.seq, problem: null }));

/** Resolves to why something was refused; rejects with StoreUnavailable when the store did not take it. */
export async function refusedAsProblem(work: () => Promise<Replied>): Promise<Replied> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code === 'unavailable') throw new StoreUnavailable(error.message);
    return { seq: null, problem: `The response was not posted: ${error.message}` };
  }
}

async function postFile(core: Core, at: GroupAccess, input: Omit<Post, 'body'>, name: string, content: Uint8Array): Promise<Posted> {
  const [{ storeFile }, { postWithFiles }] = await Promise.all([
    import('../../files/operations.ts'),
    import('../../messages/with-files.ts'),
  ]);
  await checkPostRate(core, at);
  const source = async function* () {
    yield content;
  };
  return postWithFiles(core, at, { ...input, body: '', isAdmitted: true }, [await storeFile(core, at, source(), { name })]);
}
