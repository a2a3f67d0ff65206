import { avatarPath, avatarUrl } from '../accounts/avatar-url.ts';
import type { User } from '../accounts/port.ts';
import { currentStatus, statusJson } from '../accounts/status.ts';
import type { Core } from '../core.ts';
import type { Group } from '../groups/port.ts';
import { isDirect } from '../groups/rules.ts';
import { datesIn } from '../text/dates.ts';

/** A person or bot for whom they are shown. `groups`: those that both are in, by name, without direct messages. */
export type Person = { readonly user: User; readonly groups: readonly Group[] };

/** The person as the viewer may see them. */
export async function personFor(core: Core, viewer: User, user: User): Promise<Person> {
  const [theirs, own] = await Promise.all([core.store.memberships.ofUser(user.id), core.store.memberships.ofUser(viewer.id)]);
  const mine = new Set(own.map(({ group }) => group));
  const common = await core.store.groups.byIds(theirs.map(({ group }) => group).filter((group) => mine.has(group)));
  return { user, groups: common.filter((group) => !isDirect(group)).toSorted((a, b) => a.name.localeCompare(b.name)) };
}

/** A person as JSON. `status`: null when there is none or it has ended. */
export const personJson = ({ now, config: { basePath } }: Pick<Core, 'now' | 'config'>, { user, groups }: Person) => ({
  id: user.id,
  name: user.name,
  display_name: user.displayName ?? user.name,
  bot: user.bot,
  admin: user.admin,
  disabled: user.disabled,
  color: user.color,
  avatar_url: avatarPath(user.avatar, 'large', basePath),
  status: statusJson(currentStatus(user.status, now())),
  time_zone: user.preferences?.timeZone ?? null,
  groups: groups.map(({ id, slug, name }) => ({ id, slug, name })),
  url: `${basePath}/people/${user.id}`,
});

/** The inputs of templates/people/show.njk. */
export const personPage = ({ now }: Pick<Core, 'now'>, { user, groups }: Person) => ({
  person: {
    ...{ id: user.id, login: user.name, name: user.displayName ?? user.name, color: user.color },
    ...{ bot: user.bot, admin: user.admin, disabled: user.disabled },
    picture: avatarUrl(user.avatar, 'large'),
    status: currentStatus(user.status, now()),
    local: localTime(user, now()),
  },
  groups: groups.map(({ slug, name, topic, archived }) => ({ slug, name, topic, archived })),
});

/** The time where somebody is, `Friday, 14:02`, with the zone; null when they have chosen none. */
function localTime({ preferences }: User, now: number): { readonly time: string; readonly zone: string } | null {
  const zone = preferences?.timeZone;
  if (zone === undefined) return null;
  const dates = datesIn(zone);
  const [weekday = ''] = dates.dayLabel(now).split(',');
  return { time: `${weekday}, ${dates.time(now)}`, zone: zone.replaceAll('_', ' ') };
}
