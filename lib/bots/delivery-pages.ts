import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { groupAccess } from '../groups/operations.ts';
import type { Group } from '../groups/port.ts';
import { type GroupAccess, isDirect, isMember } from '../groups/rules.ts';
import { renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { t } from '../language/text.ts';
import type { Attempt, Delivery } from '../webhooks/outgoing/deliveries-port.ts';
import { TEST_EVENT } from '../webhooks/outgoing/payload.ts';
import { requestNow, type ShownRequest } from '../webhooks/outgoing/preview.ts';
import { recordedReason } from '../webhooks/outgoing/recorded.ts';

/** A time in ms since the epoch as ISO 8601; null for none. */
export const iso = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : new Date(at).toISOString());

/** The rows of a list of deliveries: the message's URL and the result. */
export async function rowsOf(core: Core, deliveries: readonly Delivery[]) {
  const groups = new Map(
    (await core.store.groups.byIds([...new Set(deliveries.map(({ group }) => group))])).map((group) => [group.id, group]),
  );
  return deliveries.map((delivery) => rowOf(delivery, groups.get(delivery.group)));
}

function rowOf({ id, event, message, seq, state, reason, attempts, due, createdAt, reply }: Delivery, group: Group | undefined) {
  const last = attempts.at(-1);
  const about = message ?? (seq > 0 ? seq : null);
  return {
    ...{ id, event, state, reason: recordedReason(reason), createdAt, due: state === 'waiting' ? due : null, attempts: attempts.length },
    ...{ status: last?.status ?? null, ms: last?.ms ?? null, error: recordedReason(last?.error ?? null) },
    url: group && about !== null ? `/groups/${group.slug}/messages/${about}` : null,
    reply: group && reply !== null ? `/groups/${group.slug}/messages/${reply}` : null,
    seq: about,
    group: group?.slug ?? null,
  };
}

/** Responds with one delivery: its request and its attempts. The page reloads itself while an attempt is due within 10 s. Bodies: see `mayReadBodies`. */
export async function showDelivery(ctx: Context, deps: RouteContext, at: GroupAccess, bot: User, delivery: Delivery): Promise<void> {
  const detail = await detailOf(deps.core, at.user, delivery);
  const [row] = await rowsOf(deps.core, [delivery]);
  await respond(ctx, {
    html: () => renderDelivery(ctx, deps, at, bot, delivery, row, detail),
    json: () => ({ ...deliveryJson(delivery, row), ...detailJson(detail) }),
  });
}

/** `request`: as it would be sent now; or why it is not shown. `bytes`: the length of its body; null without one. */
type Detail = {
  readonly request: ShownRequest | { readonly reason: string };
  readonly bytes: number | null;
  readonly attempts: readonly ShownAttempt[];
};

/** `bytes`: the length of the response body; null without a response, or when unknown. */
type ShownAttempt = Omit<Attempt, 'answerBytes'> & { readonly bytes: number | null };

async function detailOf(core: Core, viewer: User, delivery: Delivery): Promise<Detail> {
  const [isShown, isErased, request] = await Promise.all([
    mayReadBodies(core, viewer, delivery),
    isAboutErased(core, delivery),
    requestNow(core, delivery),
  ]);
  const bytes = 'body' in request ? Buffer.byteLength(JSON.stringify(request.body)) : null;
  const attempts = delivery.attempts.map((attempt) => shownAttempt(attempt, isShown && !isErased));
  return { request: isShown || bytes === null ? request : { reason: notShown() }, bytes, attempts };
}

const notShown = (): string => t`Bodies are shown only to members of the group; those of direct messages are never shown.`;

/** Whether the viewer may read bodies. A manager of the bot who is not in the group sees only status and sizes; a test event has no content of the group. */
async function mayReadBodies(core: Core, viewer: User, { event, group: id }: Delivery): Promise<boolean> {
  if (event === TEST_EVENT) return true;
  const group = await core.store.groups.byId(id);
  return group !== undefined && !isDirect(group) && isMember(await groupAccess(core, viewer, group));
}

/** Whether the message, or the reply that a response became, is erased: responses may repeat it. */
async function isAboutErased({ store }: Core, { group, message, reply }: Delivery): Promise<boolean> {
  const texts = [message, reply].filter((seq) => seq !== null);
  return texts.length > 0 && (await store.log.erasedAmong(group, texts)).size > 0;
}

function shownAttempt({ answer, answerBytes, ...attempt }: Attempt, isShown: boolean): ShownAttempt {
  return { ...attempt, answer: isShown ? answer : null, bytes: answerBytes ?? null };
}

const detailJson = ({ request, bytes, attempts }: Detail) => ({
  request: { ...request, bytes },
  attempts: attempts.map((one) => ({ ...one, at: iso(one.at) })),
});

function renderDelivery(
  ctx: Context,
  deps: RouteContext,
  at: GroupAccess,
  bot: User,
  delivery: Delivery,
  row: object | undefined,
  detail: Detail,
): void {
  const { request, bytes, attempts } = detail;
  const isOver = delivery.state !== 'waiting';
  if (!isOver && delivery.due <= deps.core.now() + SOON_MS) ctx.set('Refresh', '2');
  const shown =
    'reason' in request
      ? null
      : { headers: Object.entries(request.headers), body: JSON.stringify(request.body, null, 2), url: request.url };
  renderPage(ctx, deps.views, 'bots/delivery.njk', `${bot.name}: ${delivery.event}`, {
    ...{ group: at.group, bot: { id: bot.id, name: bot.name }, delivery: row, attempts: attempts.map(inWords).toReversed() },
    ...{ request: shown, noRequest: 'reason' in request ? recordedReason(request.reason) : null, bytes, isOver },
  });
}

const inWords = (attempt: ShownAttempt): ShownAttempt => ({ ...attempt, error: recordedReason(attempt.error) });

const SOON_MS = 10_000;

const lastOf = (attempts: readonly Attempt[]) => {
  const { status = null, ms = null, error = null } = attempts.at(-1) ?? {};
  return { status, ms, error };
};

/** A delivery as JSON, without bodies. */
export const deliveryJson = (
  { id, event, seq, message, reply, state, reason, due, attempts, createdAt }: Delivery,
  row?: { readonly group: string | null },
) => ({
  ...{ id, event, seq, message, reply, state, reason, created_at: iso(createdAt), due: state === 'waiting' ? iso(due) : null },
  ...{ attempts: attempts.length, ...lastOf(attempts) },
  ...(row ? { group: row.group } : {}),
});
