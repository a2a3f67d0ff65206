import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { Token } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { DomainError, unauthenticated } from '../../errors.ts';
import type { Stored } from '../../files/operations.ts';
import { idempotencyKey } from '../../http/context.ts';
import { readRaw } from '../../http/input.ts';
import { readPosted } from '../../log/history.ts';
import { type RichContent, richContentIn } from '../../markup/rich-content.ts';
import { bodyOf, type StoredBody } from '../../markup/rich-content-text.ts';
import { keyIn } from '../../messages/operations.ts';
import { discardFilesOnError, isUpload, readUpload } from '../../messages/uploads.ts';
import { postWithFiles } from '../../messages/with-files.ts';
import { sha256 } from '../../secrets.ts';
import { cutText, isBlank } from '../../text/body.ts';
import { type HeaderOf, isVouchedFor } from '../signing.ts';
import { type AnswerDialect, acknowledge, dialectOf, refuse } from './answers.ts';
import { authenticateHook, type HookAddress, type IncomingWebhook } from './authenticate.ts';
import { isDiscord } from './formats/discord.ts';
import { understand } from './formats/registry.ts';
import { inflate, isPayload, type Payload, payloadOfParts, readPayload } from './payload.ts';
import { openedSecrets } from './secrets.ts';

/** Its use is noted this often at most: a post costs no second write. */
const TOUCH_MS = 60_000;

/** The message is there already, so a store that does not answer now is no failure of the delivery. */
async function noteUse(core: Core, { hash, lastUsedAt }: Token): Promise<void> {
  if (core.now() - (lastUsedAt ?? 0) > TOUCH_MS) await core.store.tokens.touch(hash, core.now()).catch(() => {});
}

/** Takes one delivery and answers it, in the words that its client knows. */
export async function receive(ctx: Context, core: Core, door: HookAddress | undefined): Promise<void> {
  const manner = dialectOf(ctx, door?.isDiscord ?? false);
  ctx.set('Cache-Control', 'no-store');
  try {
    const hook = await authenticateHook(core, door);
    const { payload, files } = await take(ctx, core, hook);
    const given = await discardFilesOnError(core, files, () => {
      takeShape(manner, payload, door);
      return { ...saidBeside(files, core, headersOf(ctx), payload), ...identity(ctx, hook, payload), isAdmitted: isUpload(ctx) };
    });
    const { message, isNew } = await postWithFiles(core, hook.at, given, files);
    await noteUse(core, hook.token);
    acknowledge(ctx, core, manner, hook, await readPosted(core, message, isNew));
  } catch (error) {
    refuse(ctx, core, manner, error);
  }
  if (!ctx.req.complete) ctx.set('Connection', 'close'); // the rest of a body nobody will read
}

/** Every header is looked up as Node.js joined it, never as Koa sees `Referrer`. */
export const headersOf =
  (ctx: Context): HeaderOf =>
  (name) =>
    String(ctx.req.headers[name] ?? '');

/** A client that speaks Discord's dialect wants Discord's answers, wherever it posts. */
function takeShape(manner: AnswerDialect, payload: Payload, door: HookAddress | undefined): void {
  const parsed = payload.kind === 'object' ? payload.parsed : undefined;
  manner.isMultipart = parsed?.isMultipart ?? false;
  manner.isDiscord = door?.isDiscord === true || (parsed !== undefined && isDiscord(parsed));
}

/** The raw bytes come first: they are what is signed. Errors: `unauthenticated` (not signed with a secret of this hook), and those of inflate and readPayload. */
export async function read(ctx: Context, core: Core, token: Token): Promise<Payload> {
  return readPayload(await vouchedFor(ctx, core, token), ctx.get('Content-Type'));
}

async function vouchedFor(ctx: Context, core: Core, token: Token): Promise<Buffer> {
  const raw = await inflate(await readRaw(ctx.req), ctx.get('Content-Encoding'));
  const secrets = openedSecrets(core, token);
  if (secrets.length > 0 && !isVouchedFor(secrets, headersOf(ctx), raw, core.now()))
    throw unauthenticated('This webhook takes only what is signed with its secret.');
  return raw;
}

/** A delivery, and its files, stored. They are as large as any where they can be read as they come: what is signed or packed has to be held whole first. */
async function take(ctx: Context, core: Core, { token, at }: IncomingWebhook): Promise<{ payload: Payload; files: readonly Stored[] }> {
  if (!isUpload(ctx)) return { payload: await read(ctx, core, token), files: [] };
  const isHeld = openedSecrets(core, token).length > 0 || ctx.get('Content-Encoding') !== '';
  const source = isHeld ? Readable.from([await vouchedFor(ctx, core, token)]) : undefined;
  const options = { source, rate: rateOf(token), takesFiles: () => true, isText: isPayload };
  const { fields, files } = await readUpload(ctx, core, at, options);
  const named = files.map(({ name, bytes, sha256: hash }) => ({ name, bytes, hash, isKept: true as const }));
  return { payload: await discardFilesOnError(core, files, () => payloadOfParts(fields, named)), files };
}

const rateOf = (token: Token): string => `hook:${token.hash.slice(0, 16)}`;

/** Files may come with nothing said. */
function saidBeside(files: readonly Stored[], ...given: Parameters<typeof messageOf>): ReturnType<typeof messageOf> {
  try {
    return messageOf(...given);
  } catch (error) {
    if (files.length === 0 || !(error instanceof DomainError) || error.code !== 'invalid') throw error;
    return { body: '', format: 'text' };
  }
}

/** What has nothing to see in it is refused with this. */
export const nothingToShow = (): DomainError => new DomainError('invalid', 'There is nothing to show.');

/** What a delivery says, as the body of a message. Errors: `invalid` when there is nothing to see. */
export function messageOf(core: Core, header: HeaderOf, payload: Payload): StoredBody & { readonly as?: string | undefined } {
  const { maxBodyBytes } = core.config;
  if (payload.kind === 'text' && !payload.isMarkdown && header('ce-specversion') === '') {
    if (isBlank(payload.text)) throw nothingToShow();
    return { body: cutText(payload.text, maxBodyBytes), format: 'text' };
  }
  const model = modelOf(header, payload);
  if (!model) throw nothingToShow();
  return { ...bodyOf(model, maxBodyBytes), as: model.name };
}

/** What a delivery says, as a model; undefined when there is nothing to see. */
export function modelOf(header: HeaderOf, payload: Payload): RichContent | undefined {
  if (payload.kind === 'object') return understand(header, payload.parsed);
  if (payload.isMarkdown) return richContentIn({ text: payload.text });
  return understand(header, { value: { message: payload.text }, files: [], isMultipart: false });
}

/** Whose rate counts, and what makes a repetition one: keys are apart for each hook, and for each header. */
function identity(ctx: Context, { token }: IncomingWebhook, payload: Payload) {
  const hook = token.hash.slice(0, 16);
  const given = idempotencyKey(ctx);
  const id = ctx.get('webhook-id'); // a Standard Webhook keeps its id when it is delivered again
  const key = given !== undefined ? `${hook}:i:${checked(given)}` : id !== '' ? `${hook}:w:${checked(id)}` : undefined;
  return { rate: rateOf(token), ...(key === undefined ? {} : { key: `h:${key}`, mayWait: false, sameness: [sha256(payload.sameness)] }) };
}

/** Errors: `invalid` (key). */
const checked = (key: string): string => keyIn('hook', key).slice(2);
