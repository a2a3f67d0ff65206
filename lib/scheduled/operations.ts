import type { User } from '../accounts/port.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import type { Core } from '../core.ts';
import { conflict, DomainError, forbidden, invalid, notFound } from '../errors.ts';
import { openDirect } from '../groups/direct.ts';
import { type GroupAccess, isMember, mayPost } from '../groups/rules.ts';
import { randomId, SCHEDULED_CHANNEL } from '../ids.ts';
import { t } from '../language/text.ts';
import { sameText, sha256 } from '../secrets.ts';
import { parseBody } from '../text/body.ts';
import type { Scheduled } from './port.ts';

/** How many messages of one author may wait, those that could not be sent among them. */
export const MAX_SCHEDULED = 100;
/** How far ahead a message may be scheduled: a year, also one with 366 days. */
export const MAX_AHEAD_MS = 366 * 86_400_000;
/** Room for the link below the text of a reminder, bytes. */
const LINK_BYTES = 1000;

/** The idempotency key with which a scheduled message is posted, however often that is tried. */
export const keyOf = (id: string): string => `s:${id}`;

export type NewScheduled = Pick<Scheduled, 'body' | 'format' | 'at'> & {
  readonly replyTo?: number | undefined;
  /** Idempotency key with the prefix of its key space (keyIn). */
  readonly key?: string | undefined;
};

/** `isNew`: false when an earlier request with the same key has scheduled it. */
export type Made = { readonly scheduled: Scheduled; readonly isNew: boolean };

/**
 * Schedules a message of `at.user` into the group. Rights are those when it is sent; a group in which the user may not post now is refused.
 * Errors: `notFound`, `forbidden` (archived), `invalid` (body, at, reply_to, scheduled), `tooLarge` (body), `tooMany`, `keyReused`, `gone`: a message with this key was sent.
 */
export async function schedule(core: Core, at: GroupAccess, input: NewScheduled): Promise<Made> {
  if (!mayPost(at)) throw isMember(at) ? forbidden(t`This group is archived and read-only.`) : notFound();
  const body = parseBody(input.body, core.config.maxBodyBytes);
  if (input.replyTo !== undefined && !(await core.store.log.message(at.group.id, input.replyTo)))
    throw invalid('reply_to', t`There is no message ${input.replyTo} in this group.`);
  return insert(core, at, { ...input, body, kind: 'message' });
}

/** Schedules a message to the user alone, in their notes, with a link to the group of `about`. Errors: those of `schedule`. */
export async function remind(core: Core, about: GroupAccess, input: Pick<NewScheduled, 'body' | 'at'>): Promise<Made> {
  const body = parseBody(input.body, core.config.maxBodyBytes - LINK_BYTES);
  checkTime(core, input.at);
  const { group } = await openDirect(core, about.user, []);
  return insert(core, { user: about.user, group }, { ...input, body, format: 'markdown', kind: 'reminder', about: about.group.id });
}

type Place = Pick<GroupAccess, 'user' | 'group'>;
type Input = NewScheduled & Pick<Scheduled, 'kind' | 'about'>;

async function insert(core: Core, { user, group }: Place, { key, ...input }: Input): Promise<Made> {
  const request = JSON.stringify([group.id, user.id, key]);
  const id = key === undefined ? randomId(core.random, 20) : sha256(core.secrets.mac('scheduled-id', request)).slice(0, 24);
  const mac =
    key === undefined ? null : core.secrets.mac('scheduled', JSON.stringify([input.body, input.format, input.at, input.replyTo ?? null]));
  const before = key === undefined ? undefined : await madeBefore(core, { user, group }, id, mac);
  if (before) return { scheduled: before, isNew: false };
  checkTime(core, input.at);
  await checkAccountRate(core, user, 'scheduled');
  if ((await core.store.scheduled.count(user.id)) >= MAX_SCHEDULED)
    throw invalid('scheduled', t`You have ${MAX_SCHEDULED} scheduled messages, which is the limit. Cancel one first.`);
  const { replyTo, about, ...fields } = input;
  const scheduled: Scheduled = {
    ...{ id, author: user.id, group: group.id, ...fields },
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(about === undefined ? {} : { about }),
    ...{ createdAt: core.now(), due: input.at, claimedUntil: null, tries: 0, failure: null, mac, rev: 1 },
  };
  const isNew = await core.store.scheduled.insert(scheduled);
  announce(core);
  return { scheduled: isNew ? scheduled : await readAgain(core, id, mac), isNew };
}

/** What an earlier request with the same key has scheduled. */
async function madeBefore(core: Core, { user, group }: Place, id: string, mac: string | null): Promise<Scheduled | undefined> {
  const found = await core.store.scheduled.byId(id);
  if (found) return same(found, mac);
  if (await core.store.log.byKey(group.id, user.id, keyOf(id))) throw new DomainError('gone', t`It was sent already.`);
  return undefined;
}

async function readAgain(core: Core, id: string, mac: string | null): Promise<Scheduled> {
  const found = await core.store.scheduled.byId(id);
  if (!found) throw new DomainError('gone', t`It was sent already.`);
  return same(found, mac);
}

function same(found: Scheduled, mac: string | null): Scheduled {
  if (sameText(found.mac ?? '', mac ?? '')) return found;
  throw new DomainError('keyReused', t`This idempotency key was already used with another text. Use a new key for a new message.`, {
    field: 'key',
  });
}

function checkTime({ now }: Core, at: number): void {
  if (at < now()) throw invalid('at', t`This time is past. Choose one that is still to come.`);
  if (at > now() + MAX_AHEAD_MS) throw invalid('at', t`Messages can be scheduled for a year ahead at most.`);
}

/** Tells the workers of all processes that there is another time to wait for. */
const announce = ({ bus }: Core): void => bus.publish({ type: 'scheduled', group: SCHEDULED_CHANNEL });

/** Those of a user, in the order of their times. Errors: StoreUnavailable. */
export const listScheduled = (core: Core, user: User): Promise<Scheduled[]> => core.store.scheduled.ofAuthor(user.id, MAX_SCHEDULED * 2);

/** One of the user's own. Errors: `notFound`, also once it is sent. */
export async function readScheduled(core: Core, user: User, id: string): Promise<Scheduled> {
  const found = await core.store.scheduled.byId(id);
  if (found?.author !== user.id) throw notFound(t`There is no such scheduled message. It may have been sent.`);
  return found;
}

/** Cancels it: it will not be sent. Errors: `notFound`, `conflict`: it is being sent, or was. */
export async function cancel(core: Core, user: User, id: string): Promise<void> {
  const found = await unsent(core, user, id);
  if (!(await core.store.scheduled.remove(id, found.rev))) throw beingSent();
  announce(core);
}

/** Changes text, format or time of one that waits or has failed, which is then tried again. Errors: those of `cancel`, and of `schedule` for what is given. */
export async function change(
  core: Core,
  user: User,
  id: string,
  given: { readonly [F in 'body' | 'format' | 'at']?: Scheduled[F] | undefined },
): Promise<Scheduled> {
  const found = await unsent(core, user, id);
  const { at = found.at, format = found.format } = given;
  const room = found.kind === 'reminder' ? LINK_BYTES : 0;
  const body = given.body === undefined ? found.body : parseBody(given.body, core.config.maxBodyBytes - room);
  if (at !== found.at || found.failure !== null) checkTime(core, at);
  const changed = { body, format, at, due: at, claimedUntil: null, tries: 0, failure: null };
  if (!(await core.store.scheduled.update(id, found.rev, changed))) throw beingSent();
  announce(core);
  return { ...found, ...changed, rev: found.rev + 1 };
}

/** One that no process is sending, nor has sent before it died. */
async function unsent(core: Core, user: User, id: string): Promise<Scheduled> {
  const found = await readScheduled(core, user, id);
  if (found.claimedUntil === null) return found;
  if (found.claimedUntil > core.now()) throw beingSent();
  if (await core.store.log.byKey(found.group, found.author, keyOf(id))) throw conflict(t`It was sent already.`);
  return found;
}

const beingSent = () => conflict(t`It is being sent just now.`);
