import type { Core } from '../core.ts';
import { withTitle } from '../groups/direct.ts';
import type { Group } from '../groups/port.ts';
import type { GroupId, UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Failure, Scheduled } from './port.ts';

/** Groups by id, with the titles that a user sees: those that the user is in. */
export type GroupsOf = ReadonlyMap<GroupId, Group>;

/** The groups that these messages are for, or are about; those that their author is not in are left out. Errors: StoreUnavailable. */
export async function readGroups(core: Core, user: UserId, some: readonly Scheduled[]): Promise<GroupsOf> {
  const wanted = new Set(some.flatMap(({ group, about }) => (about === undefined ? [group] : [group, about])));
  if (wanted.size === 0) return new Map();
  const mine = (await core.store.memberships.ofUser(user)).filter(({ group }) => wanted.has(group));
  const groups = await core.store.groups.byIds(mine.map(({ group }) => group));
  return new Map(await Promise.all(groups.map(async (group) => [group.id, await withTitle(core, user, group)] as const)));
}

const FAILURES: Readonly<Record<Failure, () => string>> = {
  archived: () => t`The group is archived.`,
  gone: () => t`The group was deleted.`,
  not_member: () => t`You were not in the group any more.`,
  disabled: () => t`Your account was disabled.`,
  too_long: () => t`The text is longer than messages may be.`,
  reply_gone: () => t`The message that it answers is gone.`,
  unreadable: () => t`This text cannot be decrypted.`,
  refused: () => t`The server refused it.`,
};

/** Why it was not sent, in the current language. */
export const failureText = (failure: Failure): string => FAILURES[failure]();

const iso = (at: number): string => new Date(at).toISOString();

/** As JSON. `group` and `about` are null when the user is not in them. */
export function scheduledJson(scheduled: Scheduled, groups: GroupsOf, basePath: string) {
  const { id, kind, body, format, replyTo, about, at, createdAt, failure } = scheduled;
  return {
    ...{ id, kind },
    group: groups.get(scheduled.group)?.slug ?? null,
    about: about === undefined ? null : (groups.get(about)?.slug ?? null),
    ...{ body, format, reply_to: replyTo ?? null, at: iso(at), created_at: iso(createdAt) },
    state: failure === null ? ('waiting' as const) : ('failed' as const),
    failure: failure && { code: failure, message: failureText(failure) },
    url: `${basePath}/scheduled/${id}`,
  };
}

/** As text: `id time group: text`, with what failed. */
export function scheduledText({ id, at, kind, group, about, body, failure }: Scheduled, groups: GroupsOf): string {
  const slug = groups.get(kind === 'reminder' && about !== undefined ? about : group)?.slug ?? '-';
  const state = failure === null ? '' : ` (failed: ${failureText(failure)})`;
  return `${id} ${iso(at)} ${kind} ${slug}: ${body.replaceAll(/\s+/g, ' ')}${state}\n`;
}

/** For templates/scheduled/index.njk. */
export function presentScheduled({ id, kind, at, body, group, about, failure }: Scheduled, groups: GroupsOf) {
  const { slug, name } = groups.get(kind === 'reminder' && about !== undefined ? about : group) ?? {};
  return {
    ...{ id, at, body, isReminder: kind === 'reminder' },
    group: slug === undefined || name === undefined ? null : { slug, name },
    failed: failure === null ? null : failureText(failure),
  };
}
