import { hash } from 'node:crypto';
import type { Core } from '../../core.ts';
import { forbidden, invalid, notFound } from '../../errors.ts';
import { checkPostRate } from '../../groups/admission.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { type GroupId, randomId, type UserId } from '../../ids.ts';
import { t } from '../../language/text.ts';
import { bodyIn } from '../body.ts';
import type { EphemeralRecord } from './port.ts';

/** How long an ephemeral message is shown at most. */
export const EPHEMERAL_MS = 24 * 3600_000;
/** What one member can have in one group; an older one makes room for the next. */
export const MAX_EPHEMERAL = 20;

/** A message of a bot that one member sees. */
export type Ephemeral = Omit<EphemeralRecord, 'sealed'> & { readonly body: string; readonly format: 'text' | 'markdown' };

type Given = Pick<Ephemeral, 'user' | 'body' | 'format'> & {
  /** The same key is sent once. */
  readonly key?: string | undefined;
};

/**
 * Shows a text to one member of the group: on their pages and in their streams, until they dismiss it, and for a day at most. It is not in the log.
 * Durable when it resolves. Errors: `forbidden` (not a bot; archived), `notFound` (not a member), `tooMany`, `invalid` (user, body), `tooLarge`, `unavailable`.
 */
export async function sendEphemeral(
  core: Core,
  at: GroupAccess,
  { user, body: given, format, key }: Given,
): Promise<{ readonly sent: Ephemeral; readonly isNew: boolean }> {
  if (!at.user.bot) throw forbidden(t`Only bots can send ephemeral messages.`);
  await checkPostRate(core, at);
  const body = bodyIn(core, given, []);
  const [group, bot] = [at.group.id, at.user.id];
  if (!(await core.store.memberships.get(group, user))?.in) throw invalid('user', t`They are not a member of this group.`);
  const now = core.now();
  const id = key === undefined ? randomId(core.random) : hash('sha256', JSON.stringify([group, bot, key]), 'hex').slice(0, 32);
  const record = {
    id,
    group,
    user,
    bot,
    sealed: core.secrets.seal(JSON.stringify({ body, format })),
    at: now,
    expiresAt: now + EPHEMERAL_MS,
  };
  const { ephemerals } = core.store;
  const isNew = await ephemerals.insert(record);
  const present = await ephemerals.list(group, user, now, MAX_EPHEMERAL + 1);
  if (present.length > MAX_EPHEMERAL && present[0]) await removeRecord(core, present[0]);
  if (isNew) announce(core, record);
  const { sealed: _sealed, ...sent } = record;
  return { sent: { ...sent, body, format }, isNew };
}

/** Ends an ephemeral message: by the member who sees it, or by its bot. Errors: `notFound`, `unavailable`. */
export async function dismissEphemeral(core: Core, { group, user }: GroupAccess, id: string): Promise<void> {
  const record = await core.store.ephemerals.byId(id);
  if (record?.group !== group.id || (record.user !== user.id && record.bot !== user.id)) throw notFound();
  await removeRecord(core, record);
}

async function removeRecord(core: Core, record: EphemeralRecord): Promise<void> {
  await core.store.ephemerals.remove(record.id);
  announce(core, record);
}

const announce = ({ bus }: Pick<Core, 'bus'>, { group, user, id }: Pick<EphemeralRecord, 'group' | 'user' | 'id'>): void =>
  bus.publish({ type: 'ephemeral', group, user, id });

/** What a member sees in a group, oldest first. Errors: StoreUnavailable. */
export async function readEphemerals(core: Core, group: GroupId, user: UserId): Promise<Ephemeral[]> {
  const records = await core.store.ephemerals.list(group, user, core.now(), MAX_EPHEMERAL);
  return records.flatMap((record) => opened(core, record) ?? []);
}

/** One that is still shown; undefined when it was dismissed or has expired. Errors: StoreUnavailable. */
export async function readEphemeral(core: Core, id: string): Promise<Ephemeral | undefined> {
  const record = await core.store.ephemerals.byId(id);
  return record && record.expiresAt > core.now() ? opened(core, record) : undefined;
}

/** Undefined for a text that no key decrypts any more. */
function opened(core: Core, { sealed, ...record }: EphemeralRecord): Ephemeral | undefined {
  const text = core.secrets.open(sealed);
  return text === undefined ? undefined : { ...record, ...(JSON.parse(text) as Pick<Ephemeral, 'body' | 'format'>) };
}
