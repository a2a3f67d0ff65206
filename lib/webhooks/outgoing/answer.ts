import { z } from 'zod';
import type { Core } from '../../core.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { check } from '../../http/input.ts';
import { readMessage } from '../../log/history.ts';
import { bodyOf } from '../../markup/rich-content-text.ts';
import { actionsInput, lockInput } from '../../messages/actions/forms.ts';
import { acknowledge, editMessage, type MessageEdit } from '../../messages/actions/operations.ts';
import { resolveActions } from '../../messages/actions/resolve.ts';
import type { OutboundResponse } from '../../outbound/request.ts';
import { actionsAfter } from '../incoming/actions.ts';
import type { JsonObject } from '../incoming/formats/read.ts';
import { understand } from '../incoming/formats/registry.ts';
import { answerOne, isEphemeral } from './answer-privately.ts';
import type { Delivery } from './deliveries-port.ts';
import { jsonOf, postReply, type Replied, refusedAsProblem, saysSomething } from './reply.ts';

/** What a response to the use of an action may have besides what every response has. */
const changeForm = z.object({
  update: z.looseObject({ actions: actionsInput.optional() }, 'must be an object').optional(),
  lock: lockInput.or(z.literal(false)).optional(),
});

/**
 * Carries out a bot's response to the use of an action: `update` (text and actions) and `lock` edit its message; the rest is posted as by any response. With
 * that, the bot has answered. Idempotent for the same response.
 * Rejects with StoreUnavailable when it cannot be stored: the delivery is then retried.
 */
export async function answerAction(core: Core, at: GroupAccess, delivery: Delivery, answer: OutboundResponse): Promise<Replied> {
  const target = delivery.message ?? 0;
  const value = jsonOf(answer);
  const isChange = value !== undefined && ('update' in value || 'lock' in value);
  const changed = isChange ? await refusedAsProblem(() => change(core, at, target, value)) : { seq: null, problem: null };
  const isReply = !isChange || saysSomething(value);
  const [act] = await core.store.log.range(delivery.group, delivery.seq, delivery.seq);
  const reply =
    isEphemeral(value) && act ? () => answerOne(core, at, act.author, delivery, answer) : () => postReply(core, at, delivery, answer);
  const replied = isReply ? await reply() : { seq: null, problem: null };
  if (act?.kind === 'act') await acknowledge(core, at, target, act.action, act.seq);
  return { seq: replied.seq, problem: changed.problem ?? replied.problem };
}

async function change(core: Core, at: GroupAccess, target: number, value: JsonObject): Promise<Replied> {
  const { update, lock } = check(changeForm, { update: value.update, lock: value.lock });
  const parsed = { value: update ?? {}, files: [], isMultipart: false };
  const own = update?.actions && (await resolveActions(core, at, update.actions));
  const actions = own ?? actionsAfter(await readMessage(core, at.group.id, target), () => '', parsed);
  const edit: MessageEdit = {
    ...(update && textOf(core, update)),
    ...(actions ? { actions } : {}),
    ...(lock ? { lock } : {}),
  };
  if (Object.keys(edit).length > 0) await editMessage(core, at, target, edit);
  return { seq: null, problem: null };
}

/** The text of an update, as by an incoming webhook; none when it has only actions. */
function textOf(core: Core, { actions: _, ...update }: JsonObject): Pick<MessageEdit, 'text' | 'format'> {
  const model = saysSomething(update) ? understand(() => '', { value: update, files: [], isMultipart: false }) : undefined;
  if (!model) return {};
  const { body, format } = bodyOf(model, core.config.maxBodyBytes);
  return { text: body, format };
}
