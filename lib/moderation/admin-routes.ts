import type { Context } from 'koa';
import { z } from 'zod';
import type { User } from '../accounts/port.ts';
import { notFound } from '../errors.ts';
import type { Group } from '../groups/port.ts';
import { isDirect } from '../groups/rules.ts';
import { shortText, wholeNumber } from '../http/fields.ts';
import { adminOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { noStore, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import { faceOf, presentRow } from '../messages/presenter.ts';
import { peopleIn } from '../messages/threads/context.ts';
import { UNRELATED } from '../messages/threads/related.ts';
import { type Found, searchAll } from '../search/operations.ts';
import { isEmptyQuery, parseSearch } from '../search/query.ts';
import { eraseAsAdmin } from './erase.ts';
import { closeReport, listReports, type Report, reportedMessage } from './reports.ts';

const PAGE = 20;
const SHOWN_REPORTS = 50;

const searchQuery = z.object({ q: shortText.default(''), cursor: shortText.optional() });
const eraseForm = z.object({ group: shortText, seq: wholeNumber('The seq of the message.'), q: shortText.default('') });
const reportsQuery = z.object({ state: z.enum(['open', 'closed'], 'must be open or closed').default('open') });
const closeForm = z.object({ action: z.enum(['erase', 'keep'], 'must be erase or keep') });

type Ctx = Context & { params: Record<string, string | undefined> };

/** For administrators: finding and erasing messages of all groups, and the reports of members. */
export function moderationRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/admin/messages', async (ctx) => {
    const { user } = adminOf(ctx);
    await showMessages(ctx, deps, user, parseQuery(searchQuery, ctx));
  });

  router.post('/admin/messages', async (ctx) => {
    const { user } = adminOf(ctx);
    const { group: slug, seq, q } = await parse(eraseForm, ctx);
    const group = await core.store.groups.bySlug(slug);
    if (!group || isDirect(group)) throw notFound(t`There is no such group.`);
    const wasThere = await eraseAsAdmin(core, user, group, seq);
    setFlash(ctx, wasThere ? t`Message ${seq} in ${group.name} is erased.` : t`Message ${seq} in ${group.name} was erased before.`);
    seeOther(ctx, `/admin/messages${q === '' ? '' : `?${new URLSearchParams({ q })}`}`);
  });

  router.get('/admin/reports', async (ctx) => {
    adminOf(ctx);
    await showReports(ctx, deps, parseQuery(reportsQuery, ctx).state);
  });

  router.post('/admin/reports/:id', async (ctx: Ctx) => {
    const { user } = adminOf(ctx);
    const { action } = await parse(closeForm, ctx);
    const id = Number(/^[1-9]\d{0,9}$/.exec(ctx.params.id ?? '')?.[0] ?? Number.NaN);
    await closeReport(core, user, id, action === 'erase' ? 'erased' : 'kept');
    setFlash(ctx, action === 'erase' ? t`The message is erased, and the report closed.` : t`The report is closed; the message stays.`);
    seeOther(ctx, '/admin/reports');
  });
  return router;
}

async function showMessages(
  ctx: Context,
  deps: RouteContext,
  user: User,
  { q, cursor }: { readonly q: string; readonly cursor?: string | undefined },
): Promise<void> {
  const { core, views } = deps;
  noStore(ctx);
  const linked = await messageOfLink(deps, q);
  const query = parseSearch(q);
  const page = linked || isEmptyQuery(query) ? { found: [], next: undefined } : await searchAll(core, user, query, { cursor, limit: PAGE });
  if (linked || !isEmptyQuery(query)) {
    const named = [...query.from.map((name) => `from:${name}`), ...query.in.map((slug) => `in:${slug}`)];
    const detail = linked ? `message ${linked.folded.message.seq} in ${linked.group.slug}, by its link` : named.join(' ');
    await core.audit.record({ act: 'messages_searched', ...(detail === '' ? {} : { detail }) });
  }
  const profiles = await core.directory.profiles(peopleIn(page.found.map(({ folded }) => ({ type: 'message', folded }))));
  const hits = linked
    ? [await shown(deps, linked)]
    : page.found.map(({ group, folded, snippet }: Found) => ({
        ...placeOf(group, folded),
        author: faceOf(profiles, folded.message.author),
        html: snippet.html,
      }));
  renderPage(ctx, views, 'moderation/messages.njk', t`Messages`, {
    q,
    hits,
    older: page.next === undefined ? null : `/admin/messages?${new URLSearchParams({ q, cursor: page.next })}`,
  });
}

/** The message of a link or path such as `https://chat.example.org/groups/lobby/messages/7`; undefined for any other text, and for direct messages. */
async function messageOfLink({ core }: RouteContext, text: string): Promise<{ group: Group; folded: FoldedMessage } | undefined> {
  const [, slug = '', seq = ''] = /^\S*\/groups\/([a-z0-9-]{1,64})\/messages\/([1-9]\d{0,9})$/.exec(text.trim()) ?? [];
  const group = slug === '' ? undefined : await core.store.groups.bySlug(slug);
  if (!group || isDirect(group) || !(await core.store.log.message(group.id, Number(seq)))) return undefined;
  return { group, folded: await readMessage(core, group.id, Number(seq)) };
}

const placeOf = (group: Group, folded: FoldedMessage) => ({
  group: { slug: group.slug, name: isDirect(group) ? t`direct messages` : group.name },
  seq: folded.message.seq,
  at: folded.message.at,
  erased: isErased(folded),
});

async function shown({ core }: RouteContext, { group, folded }: { readonly group: Group; readonly folded: FoldedMessage }) {
  const profiles = await core.directory.profiles(peopleIn([{ type: 'message', folded }]));
  const { author, html, files } = await presentRow(core, folded, group, { profiles, related: UNRELATED });
  return { ...placeOf(group, folded), author, html, files: files.map(({ name }) => name) };
}

async function showReports(ctx: Context, deps: RouteContext, state: 'open' | 'closed'): Promise<void> {
  const { core, views } = deps;
  noStore(ctx);
  const all = await listReports(core);
  const listed = all.filter(({ closed }) => (state === 'open') === (closed === undefined)).slice(0, SHOWN_REPORTS);
  const profiles = await core.directory.profiles(listed.flatMap(({ by, closed }) => [by, ...(closed ? [closed.by] : [])]));
  const present = async ({ id, at, by, reason, closed, ...rest }: Report) => {
    const found = await reportedMessage(core, { id, at, by, reason, closed, ...rest });
    return {
      ...{ id, at, reason, by: faceOf(profiles, by) },
      message: found ? await shown(deps, found) : null,
      closed: closed ? { at: closed.at, outcome: closed.outcome, by: faceOf(profiles, closed.by).name } : null,
    };
  };
  renderPage(ctx, views, 'moderation/reports.njk', t`Reports`, {
    reports: await Promise.all(listed.map(present)),
    state,
    open: all.filter(({ closed }) => !closed).length,
  });
}
