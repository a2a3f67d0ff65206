import type { Context } from 'koa';
import { z } from 'zod';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { isHtmx } from '../http/context.ts';
import { shortText } from '../http/fields.ts';
import { viewerOf } from '../http/identity.ts';
import { parseQuery } from '../http/input.ts';
import { noStore, renderFragment, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { byName } from '../text/order.ts';
import { startsAWord, startsName } from '../text/word-start.ts';
import { type MyGroup, myGroups, readSidebar } from './roster.ts';

const MAX_GROUPS = 12;
const MAX_PEOPLE = 8;
/** Number of accounts that are searched by name. */
const MAX_SEARCHED = 1000;

const switchQuery = z.object({ q: shortText.default('') });

/** `/switch`: the groups and people whose name has a word that begins as typed; without a text the groups with the newest messages. */
export function switchRoutes(deps: RouteContext): Router {
  const router = new Router();
  router.get('/switch', async (ctx) => {
    const { q } = parseQuery(switchQuery, ctx);
    await showTargets(ctx, deps, viewerOf(ctx).user, q);
  });
  return router;
}

async function showTargets(ctx: Context, { core, views }: RouteContext, user: User, q: string): Promise<void> {
  noStore(ctx);
  const typed = q.trim();
  const mine = await myGroups(core, user, { all: true });
  const groups = typed === '' ? newest(mine) : bestMatches(mine, ({ group }) => group.name, typed);
  const people = typed === '' ? [] : await peopleNamed(core, user, mine, typed);
  const locals = { q, targets: { groups: groups.slice(0, MAX_GROUPS).map(targetOf), people } };
  if (isHtmx(ctx)) renderFragment(ctx, views, 'groups/_targets.njk', locals);
  else renderPage(ctx, views, 'groups/switch.njk', t`Go to`, { ...locals, sidebar: await readSidebar(core, user, undefined, mine) });
}

const targetOf = ({ group, unread, face }: MyGroup) => ({
  slug: group.slug,
  name: group.name,
  archived: group.archived,
  unread,
  face,
});

const newest = (mine: readonly MyGroup[]): MyGroup[] => mine.toSorted((a, b) => b.group.head.at - a.group.head.at);

/** Those with a word that begins as typed; those whose name begins so are first. */
function bestMatches<T>(all: readonly T[], nameOf: (one: T) => string, typed: string): T[] {
  const rank = (one: T): number => {
    const name = nameOf(one);
    return startsName(name, typed) ? 0 : startsAWord(name, typed) ? 1 : 2;
  };
  return all.filter((one) => rank(one) < 2).sort((a, b) => rank(a) - rank(b) || byName(nameOf(a), nameOf(b)));
}

/** People with whom the user has no conversation of two yet. */
async function peopleNamed({ store }: Core, user: User, mine: readonly MyGroup[], typed: string) {
  const known = new Set(mine.flatMap(({ group: { people } }) => (people && people.length <= 2 ? people : [])));
  const all = (await store.users.list({ limit: MAX_SEARCHED })).filter(
    ({ id, disabled, bot }) => !disabled && !bot && id !== user.id && !known.has(id),
  );
  return bestMatches(all, ({ name }) => name, typed)
    .slice(0, MAX_PEOPLE)
    .map(({ id, name, color }) => ({ id, name, color }));
}
