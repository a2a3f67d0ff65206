import type { Context } from 'koa';
import type { DomainError } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { viewerOf } from '../http/identity.ts';
import { fieldError, noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { randomId } from '../ids.ts';
import { t } from '../language/text.ts';
import { datesIn } from '../text/dates.ts';
import type { Scheduled } from './port.ts';
import { type GroupsOf, presentScheduled } from './presenter.ts';

/** What the form has: `at` as `<input type="datetime-local">` has it, `zone` that of a refused form. */
type Typed = {
  readonly body: string;
  readonly at: string;
  readonly zone?: string | undefined;
  readonly replyTo: string;
  readonly key?: string | undefined;
};

/** `/groups/:slug/scheduled/new`: the form, with what was typed before. */
export async function showForm(ctx: Context, { core, views }: RouteContext, { group }: GroupAccess, typed: Typed, refusal?: DomainError) {
  noStore(ctx);
  const error = refusal ? fieldError(ctx, refusal) : null;
  const { body, at, zone = viewerOf(ctx).user.preferences?.timeZone ?? '', replyTo, key } = typed;
  renderPage(ctx, views, 'scheduled/form.njk', t`Send later`, {
    ...{ group: { slug: group.slug, name: group.name }, item: null, error, action: `/groups/${group.slug}/scheduled` },
    form: { body, at, zone, iso: '', replyTo, key: key ?? randomId(core.random, 24) },
  });
}

type Refused = { readonly typed: Pick<Typed, 'body' | 'at' | 'zone'>; readonly error: DomainError };

/** `/scheduled/:id`: the form that changes one. Its time is in a zone that the form names; where none is chosen, the page's script puts it into that of the browser. */
export async function showItem(ctx: Context, { views }: RouteContext, found: Scheduled, groups: GroupsOf, refused?: Refused) {
  noStore(ctx);
  const error = refused ? fieldError(ctx, refused.error) : null;
  const chosen = viewerOf(ctx).user.preferences?.timeZone;
  const item = presentScheduled(found, groups);
  const dates = datesIn(chosen ?? 'UTC');
  const present = { body: found.body, at: `${dates.day(found.at)}T${dates.time(found.at)}`, zone: chosen ?? 'UTC' };
  const { body, at, zone } = refused?.typed ?? present;
  renderPage(ctx, views, 'scheduled/form.njk', item.isReminder ? t`Reminder` : t`Scheduled message`, {
    ...{ group: item.group, item, error, action: `/scheduled/${found.id}/edit` },
    form: { body, at, zone, iso: refused || chosen !== undefined ? '' : dates.iso(found.at), replyTo: '', key: '' },
  });
}
