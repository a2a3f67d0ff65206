import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { DomainError } from '../../errors.ts';
import { roster } from '../../groups/roster.ts';
import { type GroupAccess, mayManage, mayPost } from '../../groups/rules.ts';
import { siteUrlOf } from '../../http/context.ts';
import { fieldError, noStore, renderPage, seeOther } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { randomId } from '../../ids.ts';
import { t } from '../../language/text.ts';
import { MAX_FILES } from '../../log/entry.ts';
import type { Line } from '../../log/history.ts';
import { contextUrl, seqFrom, threadUrl } from '../links.ts';
import { asksConfirmation, hasScript } from '../pages.ts';
import { presentLines } from '../presenter.ts';
import { markThreadRead } from './follows.ts';
import { readThreadPage, type ThreadPage } from './read-page.ts';

/** A refused form and its error. `key`: its nonce, kept when the message may have been written. */
type Draft = { readonly body: string; readonly error: DomainError; readonly key?: string | undefined };

/** `seq`: the message that the URL names. `before`: the cursor of a page of older replies. */
type Asked = { readonly seq: number; readonly before?: number | undefined };

/** The page of a thread; another message than the root redirects there. `draft`: a refused form to show again. */
export async function showThread(
  ctx: Context,
  { core, views }: RouteContext,
  at: GroupAccess,
  { root: { message }, lines, older, head }: ThreadPage,
  { seq, before }: Asked,
  draft?: Draft,
): Promise<void> {
  const { group } = at;
  const root = message.seq;
  noStore(ctx);
  if (seq !== root) return seeOther(ctx, threadUrl(group, root, seq, lines.some(isMessage(seq))));
  const [rows, members, followed] = await Promise.all([
    presentLines(core, lines, group),
    roster(core, group.id),
    core.store.follows.get(at.user.id, group.id, root),
  ]);
  if (before === undefined && followed && !hasScript(ctx)) await markThreadRead(core, at, root, head.seq);
  const base = threadUrl(group, root);
  const error = draft ? fieldError(ctx, draft.error).message : null;
  const asksAll = asksConfirmation(draft?.error);
  if (asksAll) ctx.status = 200; // a question, not an error
  const locals = {
    group,
    root,
    rows,
    members,
    context: contextUrl(group, root),
    follows: followed?.follows === true,
    older: older === undefined ? null : `${base}?before=${older}`,
    newest: before === undefined ? null : base,
    composer: {
      ...{ thread: root, reply: null, body: draft?.body ?? '', key: draft?.key ?? randomId(core.random, 24), error, asksAll },
      ...{ maxFiles: MAX_FILES, fileBytes: core.config.maxUploadBytes },
    },
    mayPost: mayPost(at),
    moderator: mayManage(at),
    live: before === undefined ? { url: `${base}/events?after=${head.seq}`, frame: `${base}/live` } : null,
  };
  await core.scheduler.run(() => renderPage(ctx, views, 'messages/thread.njk', t`Thread in ${group.name}`, locals));
}

const isMessage =
  (seq: number) =>
  (line: Line): boolean =>
    line.type === 'message' && line.folded.message.seq === seq;

/** Shows a refused form of the page of a thread there again. Returns false when the thread that it names does not exist. */
export async function showRefusedReply(
  ctx: Context,
  deps: RouteContext,
  at: GroupAccess,
  replyTo: unknown,
  draft: Draft,
): Promise<boolean> {
  const seq = seqFrom(replyTo);
  if (seq === undefined) return false;
  const thread = await readThreadPage(deps.core, at.group.id, seq).catch((error: unknown) => {
    if (error instanceof DomainError && error.code === 'notFound') return undefined;
    throw error;
  });
  if (thread) await showThread(ctx, deps, at, thread, { seq: thread.root.message.seq }, draft);
  return thread !== undefined;
}

/** The header `Link` of a page of a thread: the older replies. */
export function linkOlder(ctx: Context, { config }: Core, { group }: GroupAccess, { root: { message }, older }: ThreadPage): void {
  if (older === undefined) return;
  ctx.set('Link', `<${siteUrlOf(ctx, config)}${threadUrl(group, message.seq)}?before=${older}>; rel="prev"`);
}
