import type { Core } from '../../core.ts';
import type { Group } from '../../groups/port.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import type { Acted, Integration } from '../../log/action.ts';
import type { EntryCommon } from '../../log/entry.ts';
import { bodyOf } from '../../markup/rich-content-text.ts';
import { acknowledge, editMessage, type MessageEdit } from '../../messages/actions/operations.ts';
import type { OutboundResponse } from '../../outbound/request.ts';
import { decodeUtf8 } from '../../text/body.ts';
import { isJsonObject, type JsonObject, objectIn, textIn } from '../incoming/formats/read.ts';
import { offeredIn, understand } from '../incoming/formats/registry.ts';
import { storedContent } from '../incoming/stored-content.ts';
import { tellOne } from './answer-privately.ts';
import type { Delivery } from './deliveries-port.ts';
import { accessOf, type NoPayload, type Payload } from './payload.ts';
import { type Replied, refusedAsProblem } from './reply.ts';

type Act = EntryCommon & Acted;
/** The call of an action's own URL. */
type IntegrationCall = { readonly url: string; readonly payload: Payload };

/**
 * The call for a use of an action with a URL of its own: what Mattermost sends to an interactive message. The URL is that of the action as it was used,
 * whatever has become of the message since; it is not called once the message is erased.
 */
export async function integrationCall(core: Core, delivery: Delivery): Promise<IntegrationCall | NoPayload> {
  const at = await accessOf(core, delivery);
  if ('reason' in at) return at;
  const act = await actOf(core, delivery);
  if (!act) return { reason: 'The log has no such entry.' };
  const integration = await integrationOf(core, act);
  if (!integration) return { reason: 'The message is erased.' };
  const profiles = await core.directory.profiles([act.author]);
  const body = bodyFor(delivery, at.group, act, profiles.get(act.author)?.name ?? 'somebody', integration);
  return { url: integration.url, payload: { body, at, isErased: false } };
}

async function actOf({ store }: Core, { group, seq }: Delivery): Promise<Act | undefined> {
  const [entry] = await store.log.range(group, seq, seq);
  return entry?.kind === 'act' ? entry : undefined;
}

/** Read from the message and its edits before the use, where scrubbing removes it; it is kept nowhere else. */
async function integrationOf({ store }: Core, { group, target, seq, action }: Act): Promise<Integration | undefined> {
  const message = await store.log.message(group, target);
  if (!message || (await store.log.erasedAmong(group, [target])).has(target)) return undefined;
  const followUps = await store.log.followUps(group, [{ seq: target, after: 0 }]);
  const offers = [message, ...followUps].flatMap((entry) =>
    'actions' in entry && entry.actions && entry.seq < seq ? [entry.actions] : [],
  );
  return offers.at(-1)?.find(({ id }) => id === action)?.integration;
}

/** Mattermost's PostActionIntegrationRequest. Parley has no teams, and opens no dialogs: `trigger_id` is the id of the delivery. */
function bodyFor({ id }: Delivery, group: Group, act: Act, name: string, { context = '{}', type, dataSource = '' }: Integration): object {
  const [selected] = Object.values(act.values ?? {});
  return {
    ...{ user_id: act.author, user_name: name },
    ...{ channel_id: group.id, channel_name: group.slug, team_id: '', team_domain: '' },
    ...{ post_id: `${group.id}-${act.target}`, trigger_id: id },
    ...{ type, data_source: dataSource },
    context: { ...JSON.parse(context), ...(selected === undefined ? {} : { selected_option: selected }) },
  };
}

/**
 * Carries out the response of an action's URL, as Mattermost does: `update` edits the message, `ephemeral_text` is for the person who used the action.
 * With any response the use is answered. Idempotent for the same response.
 * Rejects with StoreUnavailable when it cannot be stored: the delivery is then retried.
 */
export async function answerIntegration(core: Core, at: GroupAccess, delivery: Delivery, answer: OutboundResponse): Promise<Replied> {
  const act = await actOf(core, delivery);
  if (!act) return { seq: null, problem: null };
  const { update, ephemeral_text: ephemeral, error } = objectOf(answer);
  const changed = isJsonObject(update) ? await refusedAsProblem(() => change(core, at, act.target, update)) : null;
  const said = textIn(ephemeral);
  const told = said === undefined ? null : await tellOne(core, at, act.author, delivery, { body: said, format: 'markdown' });
  await acknowledge(core, at, act.target, act.action, act.seq);
  const refused = textIn(objectIn(error).message);
  return {
    seq: null,
    problem: changed?.problem ?? told?.problem ?? (refused === undefined ? null : `The URL responded: ${refused.slice(0, 200)}`),
  };
}

/** The JSON of a response, whatever its Content-Type says: many integrations do not set it. */
function objectOf({ body, encoding, isCut }: OutboundResponse): JsonObject {
  if (isCut || !/^(identity)?$/i.test(encoding)) return {};
  try {
    return objectIn(JSON.parse(decodeUtf8(body)));
  } catch {
    return {};
  }
}

async function change(core: Core, at: GroupAccess, target: number, update: JsonObject): Promise<Replied> {
  const edit = await editIn(core, at, target, update);
  if (Object.keys(edit).length > 0) await editMessage(core, at, target, edit);
  return { seq: null, problem: null };
}

/** `message` replaces the text; `props` the attachments and their actions, which stay without it. */
async function editIn(core: Core, at: GroupAccess, target: number, { message, props }: JsonObject): Promise<MessageEdit> {
  const text = textIn(message);
  const { attachments } = objectIn(props);
  const isWhole = isJsonObject(props);
  const parsed = { value: { text: text ?? '', attachments: Array.isArray(attachments) ? attachments : [] }, files: [], isMultipart: false };
  const content = understand(() => '', parsed);
  const actions = isWhole ? { actions: offeredIn(() => '', parsed) } : {};
  if (!content) return actions;
  const kept = isWhole ? content : { ...(await storedContent(core, at.group.id, target)), ...(content.text ? { text: content.text } : {}) };
  const { body, format } = bodyOf(kept, core.config.maxBodyBytes);
  return { text: body, format, ...actions };
}
