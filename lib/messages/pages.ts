import type { Context } from 'koa';
import type { DomainError } from '../errors.ts';
import { forbidden } from '../errors.ts';
import { myGroups, roster } from '../groups/roster.ts';
import { mayManage, mayPost, type Standing } from '../groups/rules.ts';
import { isHtmx, speech } from '../http/context.ts';
import { fieldError, noStore, renderPage } from '../http/reply.ts';
import type { Web } from '../http/web.ts';
import { randomId } from '../ids.ts';
import type { User } from '../store/port.ts';
import type { FoldedMessage } from './fold.ts';
import { lastMessage, readPage, type Window } from './history.ts';
import { bodyText, peopleIn, presentLines, presentRow } from './presenter.ts';
import { mayEdit } from './rules.ts';

/** A nonce for a form: the same form sent twice posts once. */
const formKey = (web: Web): string => randomId(web.core.random, 24);

/** What was refused, and why. `key`: the nonce it came with, where it may have been written all the same. */
export type Draft = { readonly body: string; readonly error: DomainError; readonly key?: string | undefined };

/** The page of a group, or of a window of its past; with a draft that was refused, if there is one. */
export async function showGroup(ctx: Context, web: Web, at: Standing, window: Window, draft?: Draft): Promise<void> {
  const { core, views } = web;
  noStore(ctx);
  const page = await readPage(core, at.group.id, window);
  if (speech(ctx) === 'json') return describeGroup(ctx, at, page.head.n);
  const isNewest = page.newer === undefined;
  if (isNewest) await core.store.memberships.mark(at.group.id, at.user.id, page.head.n);
  const [rows, members, sidebar] = await Promise.all([
    presentLines(core, page.lines, at.group),
    roster(core, at.group.id),
    sidebarOf(web, at),
  ]);
  const base = `/groups/${at.group.slug}`;
  const error = draft ? fieldError(ctx, draft.error).message : null;
  renderPage(ctx, views, 'groups/show.njk', at.group.name, {
    group: at.group,
    rows,
    members,
    sidebar,
    older: page.older === undefined ? null : `${base}?before=${page.older}`,
    newer: isNewest ? null : `${base}?after=${page.newer}`,
    composer: { body: draft?.body ?? '', key: draft?.key ?? formKey(web), error },
    mayPost: mayPost(at),
    mayManage: mayManage(at),
    moderator: mayManage(at),
    live: isNewest ? { url: `${base}/events?after=${page.head.seq}`, frame: `${base}/live` } : null,
  });
}

function describeGroup(ctx: Context, { group, membership }: Standing, n: number): void {
  const { id, number, slug, name, topic, open, archived } = group;
  ctx.body = {
    id,
    number,
    slug,
    name,
    topic,
    open,
    archived,
    messages: n,
    unread: Math.max(0, n - (membership?.mark ?? 0)),
    role: membership?.role,
  };
}

async function sidebarOf({ core }: Web, at: Standing) {
  const mine = await myGroups(core, at.user);
  return mine.map(({ group, unread }) => ({ slug: group.slug, name: group.name, unread, current: group.id === at.group.id }));
}

/** One message on a page of its own. */
export async function showMessage(ctx: Context, web: Web, at: Standing, folded: FoldedMessage): Promise<void> {
  noStore(ctx);
  const faces = await web.core.directory.faces(peopleIn([{ type: 'message', folded }]));
  const { seq } = folded.message;
  renderPage(ctx, web.views, 'messages/show.njk', at.group.name, {
    group: at.group,
    row: presentRow(folded, at.group, faces, web.core.now()),
    moderator: mayManage(at),
    members: [],
    context: `/groups/${at.group.slug}?before=${seq + 1}#m-${seq}`,
  });
}

/** The form that stands in for a message while it is edited: a fragment, or a page. */
export async function showEditForm(ctx: Context, web: Web, at: Standing, folded: FoldedMessage, draft?: Draft): Promise<void> {
  noStore(ctx);
  if (!mayEdit(at, folded)) throw forbidden('Only the author can edit a message, and not once it is erased.');
  const error = draft ? fieldError(ctx, draft.error).message : null;
  const edit = { slug: at.group.slug, seq: folded.message.seq, body: draft?.body ?? bodyText(folded), key: formKey(web), error };
  if (isHtmx(ctx)) {
    ctx.type = 'html';
    ctx.body = web.views.render('messages/_edit.njk', { edit });
  } else renderPage(ctx, web.views, 'messages/edit.njk', 'Edit the message', { group: at.group, edit });
}

/** My groups with what was said last, for the page, programs and shells. */
export async function listGroups(web: Web, user: User) {
  const mine = await myGroups(web.core, user);
  return Promise.all(
    mine.map(async ({ group, unread, n }) => {
      const folded = await lastMessage(web.core, group.id, n);
      const faces = await web.core.directory.faces(folded ? [folded.message.author] : []);
      const author = folded ? (faces.get(folded.message.author)?.name ?? 'somebody') : '';
      const last = folded ? { author, text: snippet(bodyText(folded)), at: folded.message.at } : null;
      return { slug: group.slug, name: group.name, topic: group.topic, archived: group.archived, unread, last };
    }),
  );
}

const snippet = (text: string): string => ([...text].length > 140 ? `${[...text].slice(0, 139).join('')}…` : text);
