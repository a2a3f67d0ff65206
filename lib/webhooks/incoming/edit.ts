import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { DomainError } from '../../errors.ts';
import { admitConnection } from '../../http/connections.ts';
import { discardRest } from '../../http/unread-body.ts';
import { type FoldedMessage, isErased } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';
import { bodyOf } from '../../markup/rich-content-text.ts';
import { editMessage, type MessageEdit } from '../../messages/actions/operations.ts';
import { erase } from '../../messages/operations.ts';
import type { HeaderOf } from '../signing.ts';
import { actionsAfter, actionsIn } from './actions.ts';
import { authenticateHook, type IncomingWebhook } from './authenticate.ts';
import { isDiscord } from './formats/discord.ts';
import { hasOwnActions } from './formats/registry.ts';
import type { Payload } from './payload.ts';
import { headersOf, messageOf, nothingToShow, read, richContentOf } from './receive.ts';
import { type ResponseDialect, refuse, respondWithMessage } from './responses.ts';
import { contentOfBody } from './stored-content.ts';

/**
 * Discord's requests for one message of a webhook: GET reads it, PATCH edits it, DELETE erases it. `id`: as in the response to the post.
 * The permissions are those of posting: where posts must be signed, these requests must be too.
 */
export async function handleMessage(ctx: Context, core: Core, token: string, id: string): Promise<void> {
  const dialect: ResponseDialect = { isDiscord: true, isMultipart: false, waits: true, wantsJson: true };
  ctx.set('Cache-Control', 'no-store');
  try {
    const hook = await authenticateHook(core, { token, isDiscord: true });
    admitConnection(ctx.req);
    const payload = await read(ctx, core, hook.token);
    const folded = await ownMessage(core, hook, id);
    const now = await execute(ctx, core, hook, folded, payload);
    if (now) respondWithMessage(ctx, core, hook, now);
    else ctx.status = 204;
  } catch (error) {
    refuse(ctx, core, dialect, error);
  }
  discardRest(ctx);
}

/** Resolves to the message; undefined once it is erased. */
async function execute(ctx: Context, core: Core, hook: IncomingWebhook, folded: FoldedMessage, payload: Payload) {
  const { at } = hook;
  const { seq } = folded.message;
  if (ctx.method === 'DELETE') {
    await erase(core, at, seq);
    return undefined;
  }
  if (ctx.method !== 'PATCH') return folded;
  const actions = await editedActions(ctx, core, hook, folded, payload);
  return editMessage(core, at, seq, { ...editedText(ctx, core, folded, payload, actions !== undefined), ...(actions ? { actions } : {}) });
}

/** What the actions become; undefined: they stay. An empty list in `actions` removes them. */
async function editedActions(ctx: Context, core: Core, hook: IncomingWebhook, folded: FoldedMessage, payload: Payload) {
  if (payload.kind !== 'object') return undefined;
  const header = headersOf(ctx);
  const { value } = payload.parsed;
  if (Array.isArray(value.actions) && value.actions.length === 0) return [];
  if (hasOwnActions(value)) return (await actionsIn(core, hook, header, payload)).actions;
  return actionsAfter(folded, header, payload.parsed);
}

/** Errors: `notFound` (message), the same for a message that is absent, of another author, or erased. */
async function ownMessage(core: Core, { at }: IncomingWebhook, id: string): Promise<FoldedMessage> {
  const unknown = new DomainError('notFound', 'This webhook has no such message.', { field: 'message' });
  if (!/^[1-9]\d{0,9}$/.test(id)) throw unknown;
  const folded = await readMessage(core, at.group.id, Number(id)).catch((error: unknown) => {
    throw error instanceof DomainError ? unknown : error;
  });
  if (folded.message.author !== at.user.id || isErased(folded)) throw unknown;
  return folded;
}

/** The edited text; none when only the actions are edited. In Discord's format, content or embeds that are not in the payload stay unchanged. */
function editedText(
  ctx: Context,
  core: Core,
  { state }: FoldedMessage,
  payload: Payload,
  hasActions: boolean,
): Pick<MessageEdit, 'text' | 'format'> {
  const header = headersOf(ctx);
  const asEdit = ({ body: text, format }: ReturnType<typeof bodyOf>) => ({ text, format });
  if (payload.kind !== 'object' || !isDiscord(payload.parsed)) {
    return hasActions && !saysMore(header, payload) ? {} : asEdit(messageOf(core, header, payload));
  }
  const { value, files } = payload.parsed;
  if (hasActions && !('content' in value || 'embeds' in value || files.length > 0)) return {};
  const [before, now] = [contentOfBody(state), richContentOf(header, payload)];
  const text = 'content' in value || files.length > 0 ? now?.text : before.text;
  const cards = 'embeds' in value ? (now?.cards ?? []) : before.cards;
  if (text === undefined && cards.length === 0) throw nothingToShow();
  const { text: _, ...rest } = before;
  return asEdit(bodyOf({ ...rest, ...(text === undefined ? {} : { text }), cards }, core.config.maxBodyBytes));
}

/** Whether a payload has something to show besides `actions`. */
function saysMore(header: HeaderOf, payload: Payload): boolean {
  if (payload.kind !== 'object') return true;
  const { actions: _actions, ...value } = payload.parsed.value;
  return richContentOf(header, { ...payload, parsed: { ...payload.parsed, value } }) !== undefined;
}
