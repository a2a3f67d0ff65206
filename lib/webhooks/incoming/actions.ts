import type { Core } from '../../core.ts';
import { check } from '../../http/input.ts';
import type { Action } from '../../log/action.ts';
import { actionsOf, type FoldedMessage } from '../../log/fold.ts';
import { actionsForm } from '../../messages/actions/forms.ts';
import { resolveActions } from '../../messages/actions/resolve.ts';
import type { HeaderOf } from '../signing.ts';
import type { IncomingWebhook } from './authenticate.ts';
import { isDiscord } from './formats/discord.ts';
import type { Parsed } from './formats/read.ts';
import { hasOwnActions, isChat, offeredIn } from './formats/registry.ts';
import type { Payload } from './payload.ts';

/**
 * The actions of a delivery: the field `actions` in the format of a chat, else the interactive elements of the format of another chat.
 * Errors: those of `check`, with fields that begin with `actions`, and of resolveActions; none for what is in the format of another chat.
 */
export async function actionsIn(
  core: Core,
  { at }: IncomingWebhook,
  header: HeaderOf,
  payload: Payload,
): Promise<{ readonly actions?: readonly Action[] }> {
  if (payload.kind !== 'object' || !at.user.bot) return {};
  const { value } = payload.parsed;
  if (hasOwnActions(value) && isChat(header, payload.parsed)) {
    const { actions } = check(actionsForm, { actions: value.actions });
    return { actions: await resolveActions(core, at, actions) };
  }
  const actions = offeredIn(header, payload.parsed);
  return actions.length === 0 ? {} : { actions };
}

/** The fields in which the formats of other chats have interactive elements. In Discord's, attachments are files. */
const PARTS = ['blocks', 'attachments', 'attachment', 'props'];
const partsOf = (parsed: Parsed): readonly string[] => (isDiscord(parsed) ? ['components'] : PARTS);

/**
 * What the actions of a message become by an edit in the format of another chat; undefined: they stay. Where it says what the message consists of, its
 * elements replace those of earlier deliveries; actions in Parley's own format stay unless there are others.
 */
export function actionsAfter(folded: FoldedMessage, header: HeaderOf, parsed: Parsed): readonly Action[] | undefined {
  if (!partsOf(parsed).some((name) => name in parsed.value)) return undefined;
  const offered = offeredIn(header, parsed);
  const isOurs = actionsOf(folded).every(({ original }) => original === undefined);
  return offered.length === 0 && isOurs ? undefined : offered;
}
