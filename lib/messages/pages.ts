import type { Context } from 'koa';
import { DomainError, forbidden } from '../errors.ts';
import { moveMark } from '../groups/membership.ts';
import { myGroups, roster, withMentions } from '../groups/roster.ts';
import { type GroupAccess, mayManage, mayPost } from '../groups/rules.ts';
import { type Sidebar, sidebarOf } from '../groups/sidebar.ts';
import { isHtmx } from '../http/context.ts';
import { fieldError, noStore, renderFragment, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { randomId } from '../ids.ts';
import { writtenBody } from '../log/body-text.ts';
import { MAX_FILES } from '../log/entry.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { type Page, readPage, type Window } from '../log/history.ts';
import { quotation } from './edit-history-routes.ts';
import { contextUrl } from './links.ts';
import { countPins } from './pins.ts';
import { peopleIn, presentLines, presentRow } from './presenter.ts';
import { mayEdit } from './rules.ts';
import { dateFields } from './system-message.ts';
import { unreadFromSeq, unreadOn } from './unread.ts';

/** A nonce for a form: the same form sent twice posts once. */
const formKey = (web: RouteContext): string => randomId(web.core.random, 24);

/** A refused form and its error. `key`: its nonce, kept when the message may have been written. */
export type Draft = { readonly body: string; readonly error: DomainError; readonly key?: string | undefined };

/** The query of a group page. `unread`: the seq of the message that was the first unread one when the link was rendered. */
export type PageRequest = Window & { readonly unread?: number | undefined };

/** Whether the error asks the author to confirm `@all`. */
export const asksConfirmation = (error: unknown): error is DomainError => error instanceof DomainError && error.field === 'notify_all';

/** Shows the confirmation to htmx, as an error: the page puts the text back into the field. */
export function showQuestion(ctx: Context, { views }: RouteContext, question: string): void {
  noStore(ctx);
  ctx.status = 422;
  renderFragment(ctx, views, 'messages/_ask-all.njk', { question });
}

/** The page of a group, at its end or at an earlier window; `draft`: a refused form to show again. */
export async function showGroup(ctx: Context, web: RouteContext, at: GroupAccess, asked: PageRequest, draft?: Draft): Promise<void> {
  const { core, views } = web;
  noStore(ctx);
  const page = await readPage(core, at.group.id, asked);
  const isNewest = page.newer === undefined;
  const unread = await unreadLine(core, at, page, asked);
  if (isNewest && !hasScript(ctx)) await moveMark(core, at.group.id, at.user.id, page.head.n);
  const [rows, members, sidebar, pins, quoted] = await Promise.all([
    presentLines(core, page.lines, at.group),
    roster(core, at.group.id),
    readSidebar(core, at),
    countPins(core, at.group.id),
    quotedIn(ctx, core, at),
  ]);
  const base = `/groups/${at.group.slug}`;
  const error = draft ? fieldError(ctx, draft.error).message : null;
  const asksAll = asksConfirmation(draft?.error);
  if (asksAll) ctx.status = 200; // a question, not an error
  const isPast = [asked.before, asked.after, asked.around].some((cursor) => cursor !== undefined);
  renderPage(ctx, views, 'groups/show.njk', at.group.name, {
    group: at.group,
    rows: rows.map((row) => (row.seq === asked.around ? { ...row, current: true } : row)),
    unread,
    behind: (at.membership?.mark ?? page.head.n) < page.head.n,
    members,
    sidebar,
    pins,
    older: page.older === undefined ? null : `${base}?before=${page.older}`,
    newer: isNewest ? null : `${base}?after=${page.newer}#messages`,
    composer: {
      body: draft?.body ?? quoted,
      key: draft?.key ?? formKey(web),
      error,
      asksAll,
      maxFiles: MAX_FILES,
      fileBytes: core.config.maxUploadBytes,
    },
    mayPost: mayPost(at),
    mayManage: mayManage(at),
    moderator: mayManage(at),
    live: {
      url: `${base}/events?after=${page.head.seq}`,
      frame: isPast ? null : `${base}/live${unread?.here ? `?unread=${unread.seq}` : ''}`,
    },
  });
}

/** The rows of a window, for a page that loads more; the header `Link` has the adjacent windows. */
export async function showRows(ctx: Context, { core, views }: RouteContext, at: GroupAccess, window: Window): Promise<void> {
  noStore(ctx);
  const page = await readPage(core, at.group.id, window);
  const link = (rel: string, query: string): string => `</groups/${at.group.slug}?${query}>; rel="${rel}"`;
  const links = [
    ...(page.older === undefined ? [] : [link('prev', `before=${page.older}`)]),
    ...(page.newer === undefined ? [] : [link('next', `after=${page.newer}`)]),
  ];
  if (links.length > 0) ctx.set('Link', links.join(', '));
  renderFragment(ctx, views, 'messages/_rows.njk', { rows: await presentLines(core, page.lines, at.group), unread: null });
}

/** Whether the page runs scripts, which move the read mark themselves. */
const hasScript = (ctx: Context): boolean => ctx.cookies.get('script', { signed: false }) === '1';

/** The position of the unread line, for templates/groups/show.njk. */
async function unreadLine(core: RouteContext['core'], at: GroupAccess, page: Page, { unread: givenSeq }: PageRequest) {
  const mark = at.membership?.mark ?? page.head.n;
  const unread =
    givenSeq === undefined ? await unreadOn(core, at.group.id, page, { user: at.user.id, mark }) : unreadFromSeq(page.lines, givenSeq);
  if (!unread) return null;
  const { seq, count, here } = unread;
  return { seq, count, here, ...dateFields(unread.at), url: `/groups/${at.group.slug}?around=${seq}&unread=${seq}#unread` };
}

/** The initial text of the composer for `?quote=<seq>`; empty when there is no such message. */
async function quotedIn(ctx: Context, core: RouteContext['core'], at: GroupAccess): Promise<string> {
  const { quote } = ctx.query;
  if (typeof quote !== 'string' || !/^[1-9]\d{0,9}$/.test(quote)) return '';
  return quotation(ctx, core, at, Number(quote)).catch(() => '');
}

const readSidebar = async (core: RouteContext['core'], { user, group }: GroupAccess): Promise<Sidebar> =>
  sidebarOf(await withMentions(core, user.id, await myGroups(core, user, { all: true })), group.id);

/** One message on a page of its own. */
export async function showMessage(ctx: Context, web: RouteContext, at: GroupAccess, folded: FoldedMessage): Promise<void> {
  noStore(ctx);
  const profiles = await web.core.directory.profiles(peopleIn([{ type: 'message', folded }]));
  const { seq } = folded.message;
  renderPage(ctx, web.views, 'messages/show.njk', at.group.name, {
    group: at.group,
    row: presentRow(folded, at.group, profiles, web.core.now()),
    moderator: mayManage(at),
    members: [],
    context: contextUrl(at.group, seq),
  });
}

/** The edit form of a message: a fragment for htmx, otherwise a page. */
export async function showEditForm(ctx: Context, web: RouteContext, at: GroupAccess, folded: FoldedMessage, draft?: Draft): Promise<void> {
  noStore(ctx);
  if (!mayEdit(at, folded)) throw forbidden('Only the author can edit a message, and only until it is erased.');
  const error = draft ? fieldError(ctx, draft.error).message : null;
  const edit = { slug: at.group.slug, seq: folded.message.seq, body: draft?.body ?? writtenBody(folded), key: formKey(web), error };
  if (isHtmx(ctx)) renderFragment(ctx, web.views, 'messages/_edit.njk', { edit });
  else renderPage(ctx, web.views, 'messages/edit.njk', 'Edit the message', { group: at.group, edit });
}
