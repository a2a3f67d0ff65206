import type { Context } from 'koa';
import { signUpMode } from '../accounts/sign-up-mode.ts';
import { DomainError, forbidden } from '../errors.ts';
import type { AltTexts } from '../files/alt.ts';
import { kindOf, thumbUrl } from '../files/file.ts';
import { joinCode } from '../groups/codes.ts';
import { moveMark } from '../groups/membership.ts';
import { readSidebar, roster } from '../groups/roster.ts';
import { type GroupAccess, isDirect, mayManage, mayPost } from '../groups/rules.ts';
import { isHtmx, siteUrlOf } from '../http/context.ts';
import { fieldError, noStore, noTransform, renderFragment, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { randomId } from '../ids.ts';
import { t } from '../language/text.ts';
import { filesOf, writtenBody } from '../log/body-text.ts';
import { MAX_FILES } from '../log/entry.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { messageNumberAt, type Page, readPage, type Window } from '../log/history.ts';
import { quotedIn } from './edit-history-routes.ts';
import { ephemeralRows } from './ephemeral/presenter.ts';
import { contextUrl } from './links.ts';
import { countPins } from './pins.ts';
import { presentLines, presentRow } from './presenter.ts';
import { mayEdit, mayErase } from './rules.ts';
import { dateFields } from './system-message.ts';
import { answeredIn } from './threads/answered.ts';
import { contextOf } from './threads/context.ts';
import { unreadFromSeq, unreadOn } from './unread.ts';

/** A nonce for a form: the same form sent twice posts once. */
const formKey = (deps: RouteContext): string => randomId(deps.core.random, 24);

/** A refused form and its error. `replyTo`: its field reply_to. `key`: its nonce, kept when the message may have been written. */
type Draft = {
  readonly body: string;
  readonly error: DomainError;
  readonly key?: string | undefined;
  readonly alt?: AltTexts;
  readonly replyTo?: unknown;
};

/**
 * The query of a group page. `unread`: the seq of the message that was the first unread one when the link was rendered. `at`: the message that a form
 * without JavaScript has changed.
 */
export type PageRequest = Window & { readonly unread?: number | undefined; readonly at?: number | undefined };

/** Whether the error asks the author to confirm `@all`. */
export const asksConfirmation = (error: unknown): error is DomainError => error instanceof DomainError && error.field === 'notify_all';

/** Shows the confirmation to htmx, as an error: the page puts the text back into the field. */
export function showQuestion(ctx: Context, { views }: RouteContext, question: string): void {
  noStore(ctx);
  ctx.status = 422;
  renderFragment(ctx, views, 'messages/_ask-all.njk', { question });
}

/** The page of a group, at its end or at an earlier window; `draft`: a refused form to show again. */
export async function showGroup(ctx: Context, deps: RouteContext, at: GroupAccess, asked: PageRequest, draft?: Draft): Promise<void> {
  const { core, views } = deps;
  noStore(ctx);
  const window = await windowFor(core, at, asked);
  const page = await readPage(core, at.group.id, window);
  const isNewest = page.newer === undefined;
  const unread = await unreadLine(core, at, page, asked);
  const isRead = (at.membership?.mark ?? 0) >= page.head.n;
  if (isNewest && !isRead && !hasScript(ctx)) await moveMark(core, at.group.id, at.user.id, page.head.n);
  const [rows, members, sidebar, pins, quoted, reply, ephemerals] = await Promise.all([
    presentLines(core, page.lines, at.group, page.previous),
    roster(core, at.group.id),
    readSidebar(core, at.user, at.group.id),
    countPins(core, at.group.id),
    quotedIn(ctx, core, at),
    answeredIn(core, at.group.id, draft ? draft.replyTo : ctx.query.reply),
    isNewest ? ephemeralRows(core, at) : [],
  ]);
  const base = `/groups/${at.group.slug}`;
  const error = draft ? fieldError(ctx, draft.error).message : null;
  const asksAll = asksConfirmation(draft?.error);
  if (asksAll) ctx.status = 200; // a question, not an error
  const isPast = [window.before, window.after, window.around].some((cursor) => cursor !== undefined);
  const locals = {
    group: at.group,
    rows: rows.map((row) => (row.seq === window.around ? { ...row, current: true } : row)),
    unread,
    favourite: at.membership?.favourite === true,
    behind: (at.membership?.mark ?? page.head.n) < page.head.n,
    ...{ members, sidebar, pins, ephemerals, slug: at.group.slug },
    begin: page.head.n === 0 && mayPost(at) && !isDirect(at.group) ? await beginning(ctx, core, at) : null,
    older: page.older === undefined ? null : `${base}?before=${page.older}`,
    newer: isNewest ? null : `${base}?after=${page.newer}#messages`,
    composer: {
      body: draft?.body ?? quoted,
      reply,
      key: draft?.key ?? formKey(deps),
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
  };
  await core.scheduler.run(() => renderPage(ctx, views, 'groups/show.njk', at.group.name, locals));
}

/** How many of the newest messages are in view on the newest page, also without JavaScript. */
const IN_VIEW = 5;

/** The window that is asked for; for `at`, the newest one if that message is in view there, else the one around it. */
async function windowFor(
  core: RouteContext['core'],
  { group }: GroupAccess,
  { at, unread: _unread, ...window }: PageRequest,
): Promise<Window> {
  if (at === undefined) return window;
  const head = await core.store.log.head(group.id);
  const isInView = head.n - (await messageNumberAt(core, group.id, head, at)) < IN_VIEW;
  return isInView ? window : { around: at, limit: window.limit };
}

/** How to invite people into a group without messages. */
async function beginning(ctx: Context, core: RouteContext['core'], at: GroupAccess) {
  const site = siteUrlOf(ctx, core.config);
  if (!mayManage(at)) return { link: null, site: at.group.open && (await signUpMode(core)) === 'open' ? site : null };
  noTransform(ctx); // the code is a secret
  return { link: `${site}/join/${joinCode(core, at.group)}`, site: null };
}

/** The rows of a window, for a page that loads more; the header `Link` has the adjacent windows. */
export async function showRows(ctx: Context, { core, views }: RouteContext, at: GroupAccess, window: Window): Promise<void> {
  noStore(ctx);
  const page = await readPage(core, at.group.id, window);
  const link = (rel: string, query: string): string => `<${core.config.basePath}/groups/${at.group.slug}?${query}>; rel="${rel}"`;
  const links = [
    ...(page.older === undefined ? [] : [link('prev', `before=${page.older}`)]),
    ...(page.newer === undefined ? [] : [link('next', `after=${page.newer}`)]),
  ];
  if (links.length > 0) ctx.set('Link', links.join(', '));
  const rows = await presentLines(core, page.lines, at.group, page.previous);
  await core.scheduler.run(() => renderFragment(ctx, views, 'messages/_rows.njk', { rows, unread: null }));
}

/** Whether the page runs scripts, which move the read mark themselves. */
export const hasScript = (ctx: Context): boolean => ctx.cookies.get('script', { signed: false }) === '1';

/** The position of the unread line, for templates/groups/show.njk. */
async function unreadLine(core: RouteContext['core'], at: GroupAccess, page: Page, { unread: givenSeq }: PageRequest) {
  const mark = at.membership?.mark ?? page.head.n;
  const unread =
    givenSeq === undefined ? await unreadOn(core, at.group.id, page, { user: at.user.id, mark }) : unreadFromSeq(page.lines, givenSeq);
  if (!unread) return null;
  const { seq, count, here } = unread;
  return { seq, count, here, ...dateFields(unread.at), url: `/groups/${at.group.slug}?around=${seq}&unread=${seq}#unread` };
}

/** One message on a page of its own. `notice`: why something was not done. */
export async function showMessage(ctx: Context, deps: RouteContext, at: GroupAccess, folded: FoldedMessage, notice = ''): Promise<void> {
  noStore(ctx);
  const context = await contextOf(deps.core, folded);
  const { seq } = folded.message;
  renderPage(ctx, deps.views, 'messages/show.njk', at.group.name, {
    group: at.group,
    row: await presentRow(deps.core, folded, at.group, context),
    moderator: mayManage(at),
    notice,
    context: contextUrl(at.group, seq),
    acts: isErased(folded) || !mayPost(at) ? null : await actsOn(deps.core, at, folded),
  });
}

/** The inputs of templates/messages/_menu.njk for one message. */
async function actsOn(core: RouteContext['core'], at: GroupAccess, folded: FoldedMessage) {
  const base = `/groups/${at.group.slug}`;
  const { seq } = folded.message;
  return {
    ...{
      u: `${base}/messages/${seq}`,
      answer: `${base}?reply=${seq}#composer`,
      quote: `${base}?quote=${seq}#composer`,
      read: `${base}/read`,
      seq,
    },
    pinned: folded.state.pinned !== undefined,
    saved: await core.store.saved.has(at.user.id, at.group.id, seq),
    mayEdit: mayEdit(at, folded),
    mayErase: mayErase(at, folded),
  };
}

/** The pictures of a message with their alternative texts, by their field in the edit form. */
const describedPictures = (folded: FoldedMessage, typed: AltTexts) =>
  filesOf(folded).flatMap((file, index) => {
    const field = `alt_${index + 1}` as const;
    return kindOf(file) === 'image' ? [{ field, name: file.name, thumb: thumbUrl(file), alt: typed[field] ?? file.alt ?? '' }] : [];
  });

/** The edit form of a message: a fragment for htmx, otherwise a page. */
export async function showEditForm(ctx: Context, deps: RouteContext, at: GroupAccess, folded: FoldedMessage, draft?: Draft): Promise<void> {
  noStore(ctx);
  if (!mayEdit(at, folded)) throw forbidden(t`Only the author can edit a message, and only until it is erased.`);
  const error = draft ? fieldError(ctx, draft.error).message : null;
  const pictures = describedPictures(folded, draft?.alt ?? {});
  const edit = {
    slug: at.group.slug,
    seq: folded.message.seq,
    body: draft?.body ?? writtenBody(folded),
    key: formKey(deps),
    pictures,
    error,
  };
  if (isHtmx(ctx)) renderFragment(ctx, deps.views, 'messages/_edit.njk', { edit });
  else renderPage(ctx, deps.views, 'messages/edit.njk', t`Edit the message`, { group: at.group, edit });
}
