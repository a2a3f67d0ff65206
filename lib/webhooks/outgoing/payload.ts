import { campfireKey } from '../../accounts/campfire-key.ts';
import type { User } from '../../accounts/port.ts';
import type { Core, Profile } from '../../core.ts';
import type { Group } from '../../groups/port.ts';
import { type GroupAccess, isMember } from '../../groups/rules.ts';
import type { UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';
import { findMentions } from '../../markup/mentions.ts';
import { messageJson } from '../../messages/presenter.ts';
import { datesIn } from '../../text/dates.ts';
import type { Delivery } from './deliveries-port.ts';
import { eventOf, MAX_IN_CHAIN } from './rules.ts';

/** What is sent. `isErased`: nothing of what the bot answers to it may be kept. `at`: how the bot stands to the group. */
export type Payload = { readonly body: object; readonly at: GroupAccess; readonly isErased: boolean };

/** Why there is nothing to send any more. */
type NoPayload = { readonly reason: string };

export const TEST_EVENT = 'test';
const TEST_TEXT = 'This is a test event. Nothing was posted, and an answer to it is not posted either.';

const dates = datesIn('UTC');

/**
 * What a bot is told of an entry, as the log has it now: an erased text is gone from it. It is Campfire's payload with fields of ours beside.
 * `key`: stands in the path to answer at.
 */
export async function payloadOf(
  core: Core,
  delivery: Delivery,
  key: (bot: User) => string = (bot) => campfireKey(core, bot),
): Promise<Payload | NoPayload> {
  const at = await standingOf(core, delivery);
  if ('reason' in at) return at;
  const about = { group: at.group, bot: at.user, key: key(at.user) };
  if (delivery.event === TEST_EVENT) return { body: testBody(about, core.now()), at, isErased: false };
  const [entry] = await core.store.log.range(delivery.group, delivery.seq, delivery.seq);
  if (!entry) return { reason: 'The log does not have it.' };
  const folded = delivery.message === null ? undefined : await readMessage(core, delivery.group, delivery.message);
  const profiles = await core.directory.profiles(peopleIn(entry, folded));
  const told = folded && messageBody(folded, about, profiles);
  const body = { ...head(about, entry, profiles), message: told ?? null, hop: await hopOf(core, entry), ...detail(entry, profiles) };
  return { body, at, isErased: told?.erased ?? false };
}

/** Asked again at each attempt, since much may have changed: only members are told anything. */
async function standingOf(core: Core, { group: groupId, bot }: Delivery): Promise<GroupAccess | NoPayload> {
  const [group, user, membership] = await Promise.all([
    core.store.groups.byId(groupId),
    core.store.users.byId(bot),
    core.store.memberships.get(groupId, bot),
  ]);
  if (!group || !user) return { reason: 'The group or the bot is gone.' };
  const at = { group, user, membership };
  return isMember(at) ? at : { reason: user.disabled ? 'The bot is disabled.' : 'The bot is not in the group any more.' };
}

type About = { readonly group: Group; readonly bot: User; readonly key: string };
type Faces = ReadonlyMap<UserId, Profile>;

function peopleIn(entry: Entry, folded: FoldedMessage | undefined): UserId[] {
  const moved = 'member' in entry ? [entry.member] : [];
  const named = folded ? [folded.message.author, ...(folded.state.mentions ?? [])] : [];
  return [entry.author, ...moved, ...named];
}

const person = (id: UserId, profiles: Faces) => ({ id, name: profiles.get(id)?.name ?? 'somebody', bot: profiles.get(id)?.bot ?? false });

/** `room.path` is where Campfire's bots post; it has their key in it. */
const room = ({ group, key }: About) => ({
  id: group.number,
  name: group.kind === 'direct' ? null : group.name,
  path: `/rooms/${group.slug}/${key}/messages`,
});

const head = (about: About, entry: Entry, profiles: Faces) => ({
  event: eventOf(entry.kind)?.name ?? entry.kind,
  group: about.group.slug,
  seq: entry.seq,
  at: dates.iso(entry.at),
  user: person(entry.author, profiles),
  actor: person(entry.author, profiles),
  room: room(about),
});

/** Campfire's `id`, `body` and `path` in place of ours; `text` is the body as it was written. */
function messageBody(folded: FoldedMessage, about: About, profiles: Faces) {
  const { body, html, ...message } = messageJson(folded, about.group, profiles);
  const { seq } = folded.message;
  const plain = withoutName(body, about.bot);
  return { ...message, id: seq, text: body, body: { html, plain }, path: `/rooms/${about.group.slug}/@${seq}` };
}

/** As Campfire has it: what a bot is asked, without the name by which it was called. */
function withoutName(text: string, { id, name }: User): string {
  let [plain, from] = ['', 0];
  for (const { start, end } of findMentions(text, [{ id, name }])) {
    plain += text.slice(from, start);
    from = end;
  }
  return (plain + text.slice(from)).trim();
}

function detail(entry: Entry, profiles: Faces): object {
  if (entry.kind === 'react' || entry.kind === 'unreact') return { reaction: entry.emoji };
  return 'member' in entry ? { member: person(entry.member, profiles) } : {};
}

/** How many messages in a row up to this one are by bots; 0 for what a person said or did. */
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
    path: `/rooms/${about.group.slug}`,
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
