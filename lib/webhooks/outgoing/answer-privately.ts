import type { Core } from '../../core.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import type { UserId } from '../../ids.ts';
import { bodyAsText } from '../../markup/rich-content-text.ts';
import { sendEphemeral } from '../../messages/ephemeral/operations.ts';
import type { OutboundResponse } from '../../outbound/request.ts';
import type { JsonObject } from '../incoming/formats/read.ts';
import type { Delivery } from './deliveries-port.ts';
import { jsonOf, postReply, type Replied, refusedAsProblem, replyOf } from './reply.ts';

type Text = { readonly body: string; readonly format: 'text' | 'markdown' };

/**
 * Carries out a bot's response to a command. Who saw the command sees the answer: of one that is not shown in the group only its author, unless the response
 * says otherwise with Slack's `response_type` (`in_channel` or `ephemeral`). Idempotent for the same delivery.
 * Rejects with StoreUnavailable when it cannot be stored: the delivery is then retried.
 */
export async function answerCommand(core: Core, at: GroupAccess, delivery: Delivery, answer: OutboundResponse): Promise<Replied> {
  const [entry] = await core.store.log.range(delivery.group, delivery.seq, delivery.seq);
  const isPrivate = isEphemeral(jsonOf(answer)) ?? entry?.kind === 'command';
  return entry && isPrivate ? answerOne(core, at, entry.author, delivery, answer) : postReply(core, at, delivery, answer);
}

/** Whether a response says that one person or everybody is to see it: https://docs.slack.dev/interactivity/handling-user-interaction; undefined if neither. */
export function isEphemeral(value: JsonObject | undefined): boolean | undefined {
  if (value?.response_type === 'ephemeral') return true;
  return value?.response_type === 'in_channel' ? false : undefined;
}

/** Shows the text of a response to one member. Rejects with StoreUnavailable. */
export async function answerOne(core: Core, at: GroupAccess, user: UserId, delivery: Delivery, answer: OutboundResponse): Promise<Replied> {
  const reply = replyOf(answer, core.config.maxBodyBytes);
  if ('dropped' in reply) return { seq: null, problem: reply.dropped && `The response was not posted: ${reply.dropped}` };
  if ('file' in reply) return { seq: null, problem: 'The response was not posted: a file cannot be shown to one person only.' };
  const { body, format } = reply;
  return tellOne(
    core,
    at,
    user,
    delivery,
    format === 'model' ? { body: bodyAsText(body, format), format: 'text' } : { body, format: format ?? 'text' },
  );
}

/** Shows a text to one member, once for a delivery. Rejects with StoreUnavailable. */
export const tellOne = (core: Core, at: GroupAccess, user: UserId, { id }: Pick<Delivery, 'id'>, text: Text): Promise<Replied> =>
  refusedAsProblem(async () => {
    await sendEphemeral(core, at, { user, ...text, key: `reply ${id}` });
    return { seq: null, problem: null };
  });

/** Tells the author of a command that the bot could not be reached. Rejects with StoreUnavailable. */
export async function tellUnanswered(core: Core, at: GroupAccess, delivery: Delivery): Promise<void> {
  const [entry] = await core.store.log.range(delivery.group, delivery.seq, delivery.seq);
  if (!entry) return;
  const body = `${at.user.displayName ?? at.user.name} does not answer. The command is sent again.`;
  const { problem } = await tellOne(core, at, entry.author, { id: `${delivery.id}/unanswered` }, { body, format: 'text' }).catch(
    (error) => {
      if (error instanceof StoreUnavailable) return { problem: error.message };
      throw error;
    },
  );
  if (problem !== null)
    core.logger.debug({ delivery: delivery.id, problem }, 'the author of a command was not told that its bot does not answer');
}
