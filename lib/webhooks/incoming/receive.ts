import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { Token } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { DomainError, unauthenticated } from '../../errors.ts';
import type { Stored } from '../../files/operations.ts';
import { readRaw } from '../../http/body.ts';
import { admitConnection } from '../../http/connections.ts';
import { idempotencyKey } from '../../http/context.ts';
import { discardRest } from '../../http/unread-body.ts';
import { readPosted } from '../../log/history.ts';
import { type RichContent, richContentIn } from '../../markup/rich-content.ts';
import { bodyOf, type StoredBody } from '../../markup/rich-content-text.ts';
import { keyIn } from '../../messages/operations.ts';
import { discardFilesOnError, isUpload, readUpload } from '../../messages/uploads.ts';
import { postWithFiles } from '../../messages/with-files.ts';
import { sha256 } from '../../secrets.ts';
import { cutText, isBlank } from '../../text/body.ts';
import { type HeaderOf, isAuthenticated } from '../signing.ts';
import { actionsIn } from './actions.ts';
import { authenticateHook, type HookAddress, type IncomingWebhook } from './authenticate.ts';
import { isDiscord } from './formats/discord.ts';
import { understand } from './formats/registry.ts';
import { inflate, isPayload, type Payload, payloadOfParts, readPayload } from './payload.ts';
import { replyToOf, sameReplyTo } from './reply-to.ts';
import { acknowledge, dialectOf, type ResponseDialect, refuse } from './responses.ts';
import { openedSecrets } from './secrets.ts';

/** The last use of a token is stored at most this often, so that most posts need no second write. */
const TOUCH_MS = 60_000;

/** Stores the last use of the token. Errors are ignored, since the message is posted already. */
async function noteUse(core: Core, { hash, lastUsedAt }: Token): Promise<void> {
  if (core.now() - (lastUsedAt ?? 0) > TOUCH_MS) await core.store.tokens.touch(hash, core.now()).catch(() => {});
}

/** Handles one delivery, and responds in the format that its client expects. Never rejects. */
export async function receive(ctx: Context, core: Core, address: HookAddress | undefined): Promise<void> {
  const dialect = dialectOf(ctx, address?.isDiscord ?? false);
  ctx.set('Cache-Control', 'no-store');
  try {
    const hook = await authenticateHook(core, address);
    admitConnection(ctx.req);
    const { payload, files } = await take(ctx, core, hook);
    const given = await discardFilesOnError(core, files, async () => {
      detectDialect(dialect, payload, address);
      const header = headersOf(ctx);
      return {
        ...bodyWithFiles(files, core, header, payload),
        ...identity(ctx, hook, payload),
        ...(await replyToOf(ctx, core, hook, header, payload)),
        ...(await actionsIn(core, hook, header, payload)),
        isAdmitted: isUpload(ctx),
      };
    });
    const { message, isNew } = await postWithFiles(core, hook.at, given, files);
    await noteUse(core, hook.token);
    acknowledge(ctx, core, dialect, hook, await readPosted(core, message, isNew));
  } catch (error) {
    refuse(ctx, core, dialect, error);
  }
  discardRest(ctx);
}

/** Headers as Node.js joins them; Koa's `ctx.get` treats `Referrer` specially. */
export const headersOf =
  (ctx: Context): HeaderOf =>
  (name) =>
    String(ctx.req.headers[name] ?? '');

/** Selects Discord's response format for a payload in Discord's format, whatever the URL. */
function detectDialect(dialect: ResponseDialect, payload: Payload, address: HookAddress | undefined): void {
  const parsed = payload.kind === 'object' ? payload.parsed : undefined;
  dialect.isMultipart = parsed?.isMultipart ?? false;
  dialect.isDiscord = address?.isDiscord === true || (parsed !== undefined && isDiscord(parsed));
}

/** Reads, authenticates and parses the body. Errors: `unauthenticated` (not signed with a secret of this webhook), and those of inflate and readPayload. */
export async function read(ctx: Context, core: Core, token: Token): Promise<Payload> {
  return readPayload(await authenticatedBody(ctx, core, token), ctx.get('Content-Type'));
}

async function authenticatedBody(ctx: Context, core: Core, token: Token): Promise<Buffer> {
  const raw = await inflate(await readRaw(ctx.req), ctx.get('Content-Encoding'));
  const secrets = openedSecrets(core, token);
  if (secrets.length > 0 && !isAuthenticated(secrets, headersOf(ctx), raw, core.now()))
    throw unauthenticated('This webhook accepts only requests that are signed with its secret.');
  return raw;
}

/** Reads a delivery and stores its files. Files are streamed, except in a signed or compressed body, which must be buffered first and is limited in size. */
async function take(ctx: Context, core: Core, { token, at }: IncomingWebhook): Promise<{ payload: Payload; files: readonly Stored[] }> {
  if (!isUpload(ctx)) return { payload: await read(ctx, core, token), files: [] };
  const isBuffered = openedSecrets(core, token).length > 0 || ctx.get('Content-Encoding') !== '';
  const source = isBuffered ? Readable.from([await authenticatedBody(ctx, core, token)]) : undefined;
  const options = { source, rate: rateOf(token), takesFiles: () => true, isText: isPayload };
  const { fields, files } = await readUpload(ctx, core, at, options);
  const named = files.map(({ name, bytes, sha256: hash }) => ({ name, bytes, hash, isKept: true as const }));
  return { payload: await discardFilesOnError(core, files, () => payloadOfParts(fields, named)), files };
}

const rateOf = (token: Token): string => `hook:${token.hash.slice(0, 16)}`;

/** The body of the message; empty for a delivery with files and no text. */
function bodyWithFiles(files: readonly Stored[], ...given: Parameters<typeof messageOf>): ReturnType<typeof messageOf> {
  try {
    return messageOf(...given);
  } catch (error) {
    if (files.length === 0 || !(error instanceof DomainError) || error.code !== 'invalid') throw error;
    return { body: '', format: 'text' };
  }
}

/** The error for a delivery without visible content. */
export const nothingToShow = (): DomainError => new DomainError('invalid', 'There is nothing to show.');

/** The content of a delivery as the body of a message. Errors: `invalid` when it has no visible content. */
export function messageOf(core: Core, header: HeaderOf, payload: Payload): StoredBody & { readonly as?: string | undefined } {
  const { maxBodyBytes } = core.config;
  if (payload.kind === 'text' && !payload.isMarkdown && header('ce-specversion') === '') {
    if (isBlank(payload.text)) throw nothingToShow();
    return { body: cutText(payload.text, maxBodyBytes), format: 'text' };
  }
  const model = richContentOf(header, payload);
  if (!model) throw nothingToShow();
  return { ...bodyOf(model, maxBodyBytes), as: model.name };
}

/** The content of a delivery as rich content; undefined when it has no visible content. */
export function richContentOf(header: HeaderOf, payload: Payload): RichContent | undefined {
  if (payload.kind === 'object') return understand(header, payload.parsed);
  if (payload.isMarkdown) return richContentIn({ text: payload.text });
  return understand(header, { value: { message: payload.text }, files: [], isMultipart: false });
}

/** The rate limit key and the idempotency key of a delivery. Idempotency keys are separate per webhook and per header. */
function identity(ctx: Context, { token }: IncomingWebhook, payload: Payload) {
  const hook = token.hash.slice(0, 16);
  const given = idempotencyKey(ctx);
  const id = ctx.get('webhook-id'); // a Standard Webhook has the same id in each retry
  const key = given !== undefined ? `${hook}:i:${checked(given)}` : id !== '' ? `${hook}:w:${checked(id)}` : undefined;
  return {
    rate: rateOf(token),
    ...(key === undefined ? {} : { key: `h:${key}`, mayWait: false, sameness: [sha256(payload.sameness), ...sameReplyTo(ctx)] }),
  };
}

/** Errors: `invalid` (key). */
const checked = (key: string): string => keyIn('hook', key).slice(2);
