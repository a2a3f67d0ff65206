import type { Core } from '../../core.ts';
import { check } from '../../http/input.ts';
import type { Action } from '../../log/action.ts';
import { actionsForm } from '../../messages/actions/forms.ts';
import { resolveActions } from '../../messages/actions/resolve.ts';
import type { HeaderOf } from '../signing.ts';
import type { IncomingWebhook } from './authenticate.ts';
import { isJsonObject } from './formats/read.ts';
import { isChat } from './formats/registry.ts';
import type { Payload } from './payload.ts';

/**
 * The actions of a delivery in the format of a chat: the field `actions`, whose items have an `id`; other senders (ntfy) have a field of this name without.
 * Errors: those of `check`, with fields that begin with `actions`, and of resolveActions.
 */
export async function actionsOf(
  core: Core,
  { at }: IncomingWebhook,
  header: HeaderOf,
  payload: Payload,
): Promise<{ readonly actions?: readonly Action[] }> {
  const given = payload.kind === 'object' && isChat(header, payload.parsed) ? payload.parsed.value.actions : undefined;
  if (!Array.isArray(given) || !given.some((one) => isJsonObject(one) && 'id' in one)) return {};
  const { actions } = check(actionsForm, { actions: given });
  return { actions: await resolveActions(core, at, actions) };
}
