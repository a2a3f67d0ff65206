import { ofGroup } from '../audit/act.ts';
import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import { joinCode, limitCode, replaceCode } from '../groups/codes.ts';
import { parseExpiry, parseGroupName, parseUses } from '../groups/group.ts';
import { insertGroup, renameGroup, setArchived } from '../groups/operations.ts';
import type { Group } from '../groups/port.ts';
import { codeJson } from '../groups/presenter.ts';
import type { UserId } from '../ids.ts';
import type { Session } from './command.ts';
import { findGroup, operator } from './lookup.ts';

export async function create({ core, out }: Session, name: string, open: boolean): Promise<void> {
  const group = await insertGroup(core, parseGroupName(name), open);
  const code = joinCode(core, group);
  out.write(
    { id: group.id, slug: group.slug, code },
    `Created the group ${group.name}: ${core.config.basePath}/groups/${group.slug}, join code ${code}`,
  );
}

export async function rename({ core, out }: Session, slug: string, name: string): Promise<void> {
  const group = await findGroup(core, slug);
  const renamed = await renameGroup(core, await actorIn(core, group), group, name);
  out.write(
    { id: renamed.id, slug: renamed.slug, name: renamed.name },
    `The group is now ${renamed.name}: ${core.config.basePath}/groups/${renamed.slug}`,
  );
}

export async function archive({ core, out }: Session, slug: string, archived: boolean): Promise<void> {
  const group = await findGroup(core, slug);
  if (group.archived !== archived) await setArchived(core, await actorIn(core, group), group, archived);
  await core.audit.record({ act: archived ? 'group_archived' : 'group_unarchived', subject: ofGroup(group) });
  out.write(
    { id: group.id, slug: group.slug, archived },
    `${group.name} is ${archived ? 'now archived (read-only)' : 'no longer archived'}.`,
  );
}

export type CodeOptions = { readonly new?: true; readonly expires?: string; readonly uses?: string };

/** Prints only the code, for use in `$(…)`. With --new, --expires or --uses, a limit that is not given becomes unlimited. */
export async function code({ core, out }: Session, slug: string, options: CodeOptions): Promise<void> {
  const group = await findGroup(core, slug);
  const limits = { forMs: parseExpiry(options.expires ?? 'never'), uses: parseUses(options.uses ?? 'unlimited') };
  if (options.new) await replaceCode(core, group, limits);
  else if (options.expires !== undefined || options.uses !== undefined) await limitCode(core, group, limits);
  const now = await findGroup(core, group.slug);
  const text = joinCode(core, now);
  out.write({ slug: now.slug, ...codeJson(now, text, core.config.basePath) }, text);
}

/** The author of a change to the group: the operator, else its first moderator or member. */
async function actorIn(core: Core, group: Group): Promise<UserId> {
  const admin = await operator(core);
  if (admin) return admin.id;
  const members = await core.store.memberships.ofGroup(group.id);
  const actor = members.find((member) => member.role === 'moderator') ?? members[0];
  if (!actor)
    throw invalid('group', 'There is no administrator and no member who could be the author of this change. Create an account first.');
  return actor.user;
}
