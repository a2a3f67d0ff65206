import { everyGroup } from '../groups/every-group.ts';
import { everyUser } from '../people/every-user.ts';
import type { Session } from './command.ts';
import type { Row } from './out.ts';

/** Lists need little of what changes need, so that they are in a file of their own, which loads fast. */
export async function listGroups({ core, out }: Session): Promise<void> {
  const rows: Row[] = [];
  for await (const group of everyGroup(core.store, { kind: 'group' })) {
    const members = (await core.store.memberships.ofGroup(group.id)).length;
    const { slug, name, open, archived, id } = group;
    rows.push({ slug, name, members, messages: (await core.store.log.head(id)).n, open, archived, id });
  }
  out.list(rows, 'There are no groups yet.');
}

export async function listPeople({ core, out }: Session): Promise<void> {
  const rows: Row[] = [];
  for await (const { id, name, admin, disabled, bot, createdAt } of everyUser(core.store))
    if (!bot) rows.push({ id, name, admin, disabled, created_at: new Date(createdAt).toISOString() });
  out.list(rows, 'There are no accounts yet.');
}
