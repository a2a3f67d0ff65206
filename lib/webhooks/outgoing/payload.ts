import { campfireKey } from '../../accounts/campfire-key.ts';
import type { User } from '../../accounts/port.ts';
import { commandIn as typedCommand } from '../../commands/command.ts';
import type { Core, Profile } from '../../core.ts';
import type { Group } from '../../groups/port.ts';
import { type GroupAccess, isMember } from '../../groups/rules.ts';
import type { UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import { type FoldedMessage, isErased } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';
import { findMentions } from '../../markup/mentions.ts';
import { originalJson } from '../../messages/actions/presenter.ts';
import { peopleInActions } from '../../messages/actions/state.ts';
import { messageJson } from '../../messages/presenter.ts';
import type { RowContext } from '../../messages/threads/context.ts';
import { readRelated, UNRELATED } from '../../messages/threads/related.ts';
import { datesIn } from '../../text/dates.ts';
import type { Delivery } from './deliveries-port.ts';
import { eventFor, MAX_IN_CHAIN } from './rules.ts';

/** The payload of a delivery. `isErased`: the response must not be stored. `at`: the bot's access to the group. */
export type Payload = { readonly body: object; readonly at: GroupAccess; readonly isErased: boolean };

/** Why the delivery is no longer to be sent. */
export type NoPayload = { readonly reason: string };

export const TEST_EVENT = 'test';
const TEST_TEXT = 'This is a test event. No message was posted, and a reply to it is not posted either.';

const dates = datesIn('UTC');

/**
 * The payload of an entry in its current state, without erased text: Campfire's payload with additional fields.
 * `key`: returns the key for the path at which the bot may post.
 */
export async function payloadOf(
  core: Core,
  delivery: Delivery,
  key: (bot: User) => string = (bot) => campfireKey(core, bot),
): Promise<Payload | NoPayload> {
  const at = await accessOf(core, delivery);
  if ('reason' in at) return at;
  const about = { group: at.group, bot: at.user, key: key(at.user), basePath: core.config.basePath };
  if (delivery.event === TEST_EVENT) return { body: testBody(about, core.now()), at, isErased: false };
  const [entry] = await core.store.log.range(delivery.group, delivery.seq, delivery.seq);
  if (!entry) return { reason: 'The log has no such entry.' };
  const folded = delivery.message === null ? undefined : await readMessage(core, delivery.group, delivery.message);
  const related = folded ? await readRelated(core, [folded]) : UNRELATED;
  const profiles = await core.directory.profiles(peopleIn(entry, folded));
  const message = folded && (await messageBody(core, folded, about, { profiles, related }));
  const isErased = message?.erased ?? false;
  const more = { ...detail(entry, profiles, isErased), ...commandIn(entry, folded, about.bot.id) };
  const body = { ...head(about, entry, profiles), message: message ?? null, hop: await hopOf(core, entry), ...more };
  return { body, at, isErased };
}

/** Checks the bot's membership, at each attempt: only members receive events. */
export async function accessOf(core: Core, { group: groupId, bot }: Pick<Delivery, 'group' | 'bot'>): Promise<GroupAccess | NoPayload> {
  const [group, user, membership] = await Promise.all([
    core.store.groups.byId(groupId),
    core.store.users.byId(bot),
    core.store.memberships.get(groupId, bot),
  ]);
  if (!group || !user) return { reason: 'The group or the bot no longer exists.' };
  const at = { group, user, membership };
  return isMember(at) ? at : { reason: user.disabled ? 'The bot is disabled.' : 'The bot is no longer in the group.' };
}

type About = { readonly group: Group; readonly bot: User; readonly key: string; readonly basePath: string };
type Profiles = ReadonlyMap<UserId, Profile>;

function peopleIn(entry: Entry, folded: FoldedMessage | undefined): UserId[] {
  const moved = 'member' in entry ? [entry.member] : [];
  const named = folded ? [folded.message.author, ...(folded.state.mentions ?? []), ...peopleInActions(folded)] : [];
  return [entry.author, ...moved, ...named];
}

const person = (id: UserId, profiles: Profiles) => ({
  id,
  name: profiles.get(id)?.name ?? 'somebody',
  bot: profiles.get(id)?.bot ?? false,
});

/** `path`: where a Campfire bot posts; it contains the bot's key. */
const room = ({ group, key, basePath }: About) => ({
  id: group.number,
  name: group.kind === 'direct' ? null : group.name,
  path: `${basePath}/rooms/${group.slug}/${key}/messages`,
});

const head = (about: About, entry: Entry, profiles: Profiles) => ({
  event: eventFor(entry, about.bot.id),
  group: about.group.slug,
  seq: entry.seq,
  at: dates.iso(entry.at),
  user: person(entry.author, profiles),
  actor: person(entry.author, profiles),
  room: room(about),
});

/** The message with Campfire's `id`, `body` and `path`; `text` is the body as it was written. */
async function messageBody(core: Core, folded: FoldedMessage, about: About, context: RowContext) {
  const { body, html, ...message } = await messageJson(core, folded, about.group, context, about.bot.id);
  const { seq } = folded.message;
  const plain = withoutName(body, about.bot);
  return { ...message, id: seq, text: body, body: { html, plain }, path: `${about.basePath}/rooms/${about.group.slug}/@${seq}` };
}

/** The text without mentions of the bot, as in Campfire. */
function withoutName(text: string, { id, name }: User): string {
  let [plain, from] = ['', 0];
  for (const { start, end } of findMentions(text, [{ id, name }])) {
    plain += text.slice(from, start);
    from = end;
  }
  return (plain + text.slice(from)).trim();
}

function detail(entry: Entry, profiles: Profiles, isErased: boolean): object {
  if (entry.kind === 'react' || entry.kind === 'unreact') return { reaction: entry.emoji };
  if (entry.kind === 'act') {
    const { action: id, label, value = null, values = {} } = entry;
    return { action: isErased ? { id, label: '', value: null, values: {} } : { id, label, value, values, ...originalJson(entry) } };
  }
  return 'member' in entry ? { member: person(entry.member, profiles) } : {};
}

/** A command: its name and what follows, of a message as it reads now. */
function commandIn(entry: Entry, folded: FoldedMessage | undefined, bot: UserId): object {
  if (entry.kind === 'command') return { command: { name: entry.name, text: entry.text } };
  if (entry.kind !== 'message' || entry.command?.bot !== bot) return {};
  const text = folded && !isErased(folded) ? (typedCommand(folded.state.body)?.rest ?? '') : '';
  return { command: { name: entry.command.name, text } };
}

/** The number of consecutive bot messages up to this one; 0 for a person's message and for other entries. */
async function hopOf(core: Core, entry: Entry): Promise<number> {
  if (entry.kind !== 'message') return 0;
  const messages = await core.store.log.messages(entry.group, Math.max(1, entry.n - MAX_IN_CHAIN), entry.n);
  const profiles = await core.directory.profiles(new Set(messages.map(({ author }) => author)));
  const people = messages.map(({ author }) => !profiles.get(author)?.bot);
  return people.length - 1 - people.lastIndexOf(true);
}

function testBody(about: About, now: number): object {
  const bot = { id: about.bot.id, name: about.bot.name, bot: true };
  const message = {
    id: 0,
    seq: 0,
    text: TEST_TEXT,
    body: { html: TEST_TEXT, plain: TEST_TEXT },
    path: `${about.basePath}/rooms/${about.group.slug}`,
    author: bot,
  };
  return {
    event: TEST_EVENT,
    group: about.group.slug,
    seq: 0,
    at: dates.iso(now),
    user: bot,
    actor: bot,
    room: room(about),
    message: { ...message, erased: false },
    hop: 0,
  };
}
