import type { Context } from 'koa';
import { z } from 'zod';
import { userByName } from '../accounts/operations.ts';
import { ofGroup } from '../audit/act.ts';
import { botsOf } from '../bots/operations.ts';
import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import { sizeText } from '../files/file.ts';
import { setArchived } from '../groups/operations.ts';
import type { Group } from '../groups/port.ts';
import { isDirect } from '../groups/rules.ts';
import { transferGroup } from '../groups/transfer.ts';
import { shortText } from '../http/fields.ts';
import { adminOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, noStore, renderPage, seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { asGroupId, type UserId } from '../ids.ts';
import { plural, t } from '../language/text.ts';
import { daysFor, daysText, isHeld } from '../retention/rules.ts';
import { askFirst, sure } from './confirm.ts';
import { deleteGroup, lossOf } from './group-removal.ts';

const form = z.discriminatedUnion('action', [
  z.object({ action: z.enum(['archive', 'unarchive']) }),
  z.object({ action: z.literal('transfer'), name: shortText }),
  z.object({ action: z.literal('delete'), sure }),
]);
type Act = z.infer<typeof form>;
type Ctx = Context & { params: Record<string, string | undefined> };

/** `/admin/groups/:id`: a group as administrators see it, without its messages, and what they do with it. */
export function adminGroupRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/admin/groups/:id', async (ctx: Ctx) => {
    adminOf(ctx);
    await showGroup(ctx, deps, await groupIn(ctx, core));
  });

  router.post('/admin/groups/:id', async (ctx: Ctx) => {
    const { user: by } = adminOf(ctx);
    const group = await groupIn(ctx, core);
    const asked = await parse(form, ctx);
    if (asked.action === 'delete') return remove(ctx, deps, by.id, group, asked.sure === '1');
    try {
      setFlash(ctx, await act(core, by.id, group, asked));
      seeOther(ctx, `/admin/groups/${group.id}`);
    } catch (error) {
      await showRefused(ctx, error, (reason) => showGroup(ctx, deps, group, reason));
    }
  });
  return router;
}

async function groupIn(ctx: Ctx, { store }: Core): Promise<Group> {
  const group = await store.groups.byId(asGroupId(ctx.params.id ?? ''));
  if (!group || isDirect(group)) throw notFound(t`There is no such group.`);
  return group;
}

/** Resolves to what was done, in words. */
async function act(core: Core, by: UserId, group: Group, asked: Exclude<Act, { action: 'delete' }>): Promise<string> {
  switch (asked.action) {
    case 'archive':
    case 'unarchive': {
      const isOn = asked.action === 'archive';
      await setArchived(core, by, group, isOn);
      await core.audit.record({ act: isOn ? 'group_archived' : 'group_unarchived', subject: ofGroup(group) });
      return archivedText(group.name, isOn);
    }
    case 'transfer': {
      const user = await userByName(core, asked.name);
      const former = await transferGroup(core, by, group, user);
      return former === 1
        ? t`${user.name} is now the only moderator of ${group.name}. ${plural(1, 'former moderator')} stayed as a member.`
        : t`${user.name} is now the only moderator of ${group.name}. ${plural(former, 'former moderator')} stayed as members.`;
    }
    default:
      throw asked satisfies never;
  }
}

/** What a group is after it was archived, or brought back. */
export const archivedText = (name: string, isArchived: boolean): string =>
  isArchived ? t`${name} is archived: it is read-only now.` : t`${name} is no longer archived.`;

async function remove(ctx: Ctx, deps: RouteContext, by: UserId, group: Group, isSure: boolean): Promise<void> {
  const path = `/admin/groups/${group.id}`;
  if (!isSure) {
    const loss = await lossOf(deps.core, group);
    const lost = [
      t`${plural(loss.messages, 'message')} and ${plural(loss.files, 'file')} (${sizeText(loss.bytes)}) are removed for good.`,
      t`${plural(loss.members, 'member')} lose the group; their open pages of it end at once.`,
      loss.bots.length > 0
        ? t`Its webhooks end, and these bots with their tokens: ${loss.bots.map((bot) => bot.name).join(', ')}.`
        : t`Its webhooks end. No bot is only in this group.`,
      t`It cannot be undone. Backups made before keep the group.`,
    ];
    return askFirst(ctx, deps, {
      title: t`Delete ${group.name}?`,
      lost,
      action: path,
      fields: { action: 'delete' },
      label: t`Delete the group`,
      back: path,
    });
  }
  await deleteGroup(deps.core, by, group);
  setFlash(ctx, t`${group.name} is deleted. Its messages and files are being removed.`);
  seeOther(ctx, '/admin#groups-title');
}

async function showGroup(ctx: Context, { core, views }: RouteContext, found: Group, error: FieldError | null = null): Promise<void> {
  noStore(ctx);
  const group = (await core.store.groups.byId(found.id)) ?? found;
  const [loss, memberships, bots] = await Promise.all([lossOf(core, group), core.store.memberships.ofGroup(group.id), botsOf(core, group)]);
  const moderators = await core.store.users.byIds(memberships.filter(({ role }) => role === 'moderator').map(({ user }) => user));
  const { id, slug, name, topic, open, archived, createdAt } = group;
  renderPage(ctx, views, 'admin/group.njk', name, {
    group: {
      id,
      slug,
      name,
      topic,
      open,
      archived,
      createdAt,
      held: isHeld(group, core.config),
      kept: daysText(daysFor(group, core.config)),
    },
    figures: { messages: loss.messages, members: loss.members, files: loss.files, size: sizeText(loss.bytes), bots: bots.length },
    moderators: moderators.map((user) => ({ id: user.id, name: user.name })),
    error,
  });
}
