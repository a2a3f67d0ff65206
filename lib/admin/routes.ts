import type { Context } from 'koa';
import { z } from 'zod';
import { inviteCode, renewInviteCode } from '../accounts/invite-code.ts';
import { invite, requireMail } from '../accounts/mail/operations.ts';
import type { User } from '../accounts/port.ts';
import { ofGroup } from '../audit/act.ts';
import { notFound } from '../errors.ts';
import { openManagedGroup, setArchived } from '../groups/operations.ts';
import type { Group } from '../groups/port.ts';
import { shortText, wholeNumber } from '../http/fields.ts';
import { adminOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { noTransform, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { asUserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { askFirst } from './confirm.ts';
import { archivedText } from './group-routes.ts';
import { listGroups, listUsers, type Part } from './listing.ts';
import { pathWith } from './path-with.ts';
import { actOn } from './person-routes.ts';

const form = z.union(
  [
    z.object({ action: z.enum(['admin', 'unadmin', 'disable', 'enable']), user: shortText }),
    z.object({ action: z.enum(['archive', 'unarchive']), group: shortText }),
    z.object({ action: z.literal('renew-code'), sure: z.literal('1', 'must be 1').optional() }),
    z.object({ action: z.literal('invite'), address: shortText }),
  ],
  'must be an action on a user, a group or the invitation code, or an invitation',
);
type Act = z.infer<typeof form>;

/** `q`: text that names contain. The others: the cursor of each list. */
const query = z.object({
  q: shortText.default(''),
  people: shortText.default(''),
  bots: shortText.default(''),
  groups: wholeNumber('Groups after this number.').default(0),
});
type Asked = z.infer<typeof query>;

/** The administrators' page: invitation code, people, groups, bots. */
export function adminRoutes(deps: RouteContext): Router {
  const router = new Router();

  router.get('/admin', async (ctx) => {
    adminOf(ctx);
    await showAdmin(ctx, deps, parseQuery(query, ctx));
  });

  router.post('/admin', async (ctx) => {
    const { user: by } = adminOf(ctx);
    const here = pathOf(parseQuery(query, ctx));
    const asked = await parse(form, ctx);
    if (asked.action === 'renew-code' && asked.sure === undefined) return askFirst(ctx, deps, { ...renewal(), action: here, back: here });
    setFlash(ctx, await act(deps, by, asked));
    seeOther(ctx, here);
  });
  return router;
}

const renewal = () => ({
  title: t`Renew the invitation code?`,
  lost: [t`The present code stops working at once, wherever it was sent or written down.`],
  fields: { action: 'renew-code' },
  label: t`Renew the code`,
});

/** Resolves to what was done, in words. */
async function act({ core }: RouteContext, by: User, asked: Act): Promise<string> {
  if ('group' in asked) {
    const { group } = await openManagedGroup(core, by, asked.group);
    await setArchived(core, by.id, group, asked.action === 'archive');
    await core.audit.record({ act: asked.action === 'archive' ? 'group_archived' : 'group_unarchived', subject: ofGroup(group) });
    return archivedText(group.name, asked.action === 'archive');
  }
  if (asked.action === 'invite') {
    requireMail(core);
    return t`An invitation is on its way to ${await invite(core, by, asked.address)}.`;
  }
  if (asked.action === 'renew-code') {
    await renewInviteCode(core);
    return t`There is a new invitation code. The one before no longer works.`;
  }
  const user = await core.store.users.byId(asUserId(asked.user));
  if (!user) throw notFound(t`There is no such user.`);
  return actOn(core, by, user, asked.action);
}

async function showAdmin(ctx: Context, { core, views }: RouteContext, asked: Asked): Promise<void> {
  noTransform(ctx); // the page shows the invitation code
  const [people, bots, groups, counts] = await Promise.all([
    listUsers(core, { bots: false, words: asked.q, after: asked.people }),
    listUsers(core, { bots: true, words: asked.q, after: asked.bots }),
    listGroups(core, { words: asked.q, after: asked.groups }),
    Promise.all([core.store.groups.count('group'), core.store.groups.count('direct')]),
  ]);
  const heads = await core.store.log.heads(groups.rows.map((group) => group.id));
  const rowOf = async ({ id, slug, name, open, archived }: Group) => {
    const members = await core.store.memberships.ofGroup(id);
    return { id, slug, name, open, archived, memberCount: members.length, messageCount: heads.get(id)?.n ?? 0 };
  };
  renderPage(ctx, views, 'admin/index.njk', t`Administration`, {
    q: asked.q,
    here: pathOf(asked),
    mayInvite: core.mailOutbox.isOn,
    inviteCode: (await inviteCode(core)) ?? null,
    users: people.rows.map(faceOf),
    bots: bots.rows.map(faceOf),
    groups: await Promise.all(groups.rows.map(rowOf)),
    counts: { groups: counts[0], direct: counts[1] },
    more: { people: moreUrl(asked, 'people', people), bots: moreUrl(asked, 'bots', bots), groups: moreUrl(asked, 'groups', groups) },
  });
}

const faceOf = ({ id, name, color, admin, disabled, createdAt }: User) => ({ id, name, color, admin, disabled, createdAt });

/** The page with this filter, and as far on in its lists. */
const pathOf = ({ q, people, bots, groups }: Asked): string =>
  pathWith('/admin', { q, people, bots, groups: groups === 0 ? '' : String(groups) });

/** URL of the next page of one list; null at its end. */
const moreUrl = ({ q }: Asked, list: 'people' | 'bots' | 'groups', { next }: Part<unknown>): string | null =>
  next === null ? null : `${pathWith('/admin', { q, [list]: next })}#${list}-title`;
