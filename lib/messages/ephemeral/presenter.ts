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

/** Its text as safe HTML, the same in every language. */
export const ephemeralHtml = ({ scheduler }: Pick<Core, 'scheduler'>, { body, format }: Ephemeral): Promise<string> =>
  scheduler.run(() => renderBody(body, format, []));

/** An ephemeral message for templates/messages/_ephemeral.njk. `html`: its text. */
export const presentEphemeral = ({ id, bot, at }: Ephemeral, html: string, profiles: Profiles) => ({
  ...{ id, author: faceOf(profiles, bot), html },
  ...dateFields(at),
});

/** What a member sees on the page of a group. Errors: StoreUnavailable. */
export async function ephemeralRows(core: Core, { group, user }: GroupAccess) {
  const found = await readEphemerals(core, group.id, user.id);
  const profiles = await core.directory.profiles(found.map(({ bot }) => bot));
  return Promise.all(found.map(async (one) => presentEphemeral(one, await ephemeralHtml(core, one), profiles)));
}
