import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { DomainError, unauthenticated } from '../errors.ts';
import { idempotencyKey } from '../http/context.ts';
import { readRaw } from '../http/input.ts';
import { cutText, isBlank } from '../messages/body.ts';
import { type Model, modelIn } from '../messages/model.ts';
import { bodyOf, type ModelBody } from '../messages/model-text.ts';
import { keyIn, post } from '../messages/operations.ts';
import { sha256 } from '../secrets.ts';
import type { Token } from '../store/port.ts';
import { isDiscord } from './formats/discord.ts';
import { understand } from './formats/registry.ts';
import { acknowledge, type Manner, mannerOf, refuse } from './hook-answers.ts';
import { type Door, type Hook, openHook } from './hook-door.ts';
import { openedSecrets } from './operations.ts';
import { inflate, type Payload, readPayload } from './payload.ts';
import { type HeaderOf, isVouchedFor } from './signing.ts';

/** Takes one delivery and answers it, in the words that its client knows. */
export async function receive(ctx: Context, core: Core, door: Door | undefined): Promise<void> {
  const manner = mannerOf(ctx, door?.isDiscord ?? false);
  ctx.set('Cache-Control', 'no-store');
  try {
    const hook = await openHook(core, door);
    const payload = await read(ctx, core, hook.token);
    takeShape(manner, payload, door);
    const { message } = await post(core, hook.at, { ...said(core, headersOf(ctx), payload), ...identity(ctx, hook, payload) });
    acknowledge(ctx, core, manner, hook, message);
  } catch (error) {
    refuse(ctx, core, manner, error);
  }
  if (!ctx.req.complete) ctx.set('Connection', 'close'); // the rest of a body nobody will read
}

/** Every header is looked up as Node.js joined it, never as Koa sees `Referrer`. */
const headersOf =
  (ctx: Context): HeaderOf =>
  (name) =>
    String(ctx.req.headers[name] ?? '');

/** A client that speaks Discord's dialect wants Discord's answers, wherever it posts. */
function takeShape(manner: Manner, payload: Payload, door: Door | undefined): void {
  const parsed = payload.kind === 'object' ? payload.parsed : undefined;
  manner.isMultipart = parsed?.isMultipart ?? false;
  manner.isDiscord = door?.isDiscord === true || (parsed !== undefined && isDiscord(parsed));
}

/** The raw bytes come first: they are what is signed. Errors: `unauthenticated` (not signed with a secret of this hook), and those of inflate and readPayload. */
async function read(ctx: Context, core: Core, token: Token): Promise<Payload> {
  const raw = await inflate(await readRaw(ctx.req), ctx.get('Content-Encoding'));
  const secrets = openedSecrets(core, token);
  if (secrets.length > 0 && !isVouchedFor(secrets, headersOf(ctx), raw, core.now()))
    throw unauthenticated('This webhook takes only what is signed with its secret.');
  return readPayload(raw, ctx.get('Content-Type'));
}

const nothing = (): DomainError => new DomainError('invalid', 'There is nothing to show.');

/** What a delivery says, as the body of a message. Errors: `invalid` when there is nothing to see. */
function said(core: Core, header: HeaderOf, payload: Payload): ModelBody & { readonly as?: string | undefined } {
  const { maxBodyBytes } = core.config;
  if (payload.kind === 'text' && !payload.isMarkdown && header('ce-specversion') === '') {
    if (isBlank(payload.text)) throw nothing();
    return { body: cutText(payload.text, maxBodyBytes), format: 'text' };
  }
  const model = modelOf(header, payload);
  if (!model) throw nothing();
  return { ...bodyOf(model, maxBodyBytes), as: model.name };
}

function modelOf(header: HeaderOf, payload: Payload): Model | undefined {
  if (payload.kind === 'object') return understand(header, payload.parsed);
  if (payload.isMarkdown) return modelIn({ text: payload.text });
  return understand(header, { value: { message: payload.text }, files: [], isMultipart: false });
}

/** Whose rate counts, and what makes a repetition one: keys are apart for each hook, and for each header. */
function identity(ctx: Context, { token }: Hook, payload: Payload) {
  const hook = token.hash.slice(0, 16);
  const given = idempotencyKey(ctx);
  const id = ctx.get('webhook-id'); // a Standard Webhook keeps its id when it is delivered again
  const key = given !== undefined ? `${hook}:i:${checked(given)}` : id !== '' ? `${hook}:w:${checked(id)}` : undefined;
  return { rate: `hook:${hook}`, ...(key === undefined ? {} : { key: `h:${key}`, mayWait: false, sameness: [sha256(payload.sameness)] }) };
}

/** Errors: `invalid` (key). */
const checked = (key: string): string => keyIn('hook', key).slice(2);
