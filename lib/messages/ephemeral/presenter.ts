import type { Core } from '../../core.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { renderBody } from '../../markup/html.ts';
import { datesIn } from '../../text/dates.ts';
import { authorJson, dateFields, faceOf, type Profiles } from '../presenter.ts';
import { type Ephemeral, readEphemerals } from './operations.ts';

const dates = datesIn('UTC');

type Place = { readonly slug: string; readonly basePath: string };

/** An ephemeral message as JSON: in responses, and as the data of the event `ephemeral`. */
export const ephemeralJson = (
  { id, user, bot, body, format, at, expiresAt }: Ephemeral,
  { slug, basePath }: Place,
  profiles: Profiles,
) => ({
  ...{ id, group: slug, user, author: authorJson(bot, profiles), body, format },
  ...{ at: dates.iso(at), expires_at: dates.iso(expiresAt), url: `${basePath}/groups/${slug}/ephemeral/${id}` },
});

/** An ephemeral message for templates/ephemeral/_row.njk. */
export async function presentEphemeral({ scheduler }: Pick<Core, 'scheduler'>, one: Ephemeral, profiles: Profiles) {
  const html = await scheduler.run(() => renderBody(one.body, one.format, []));
  return { id: one.id, author: faceOf(profiles, one.bot), html, ...dateFields(one.at) };
}

/** What a member sees on the page of a group. Errors: StoreUnavailable. */
export async function ephemeralRows(core: Core, { group, user }: GroupAccess) {
  const found = await readEphemerals(core, group.id, user.id);
  const profiles = await core.directory.profiles(found.map(({ bot }) => bot));
  return Promise.all(found.map((one) => presentEphemeral(core, one, profiles)));
}
