import type { Context } from 'koa';
import { notFound } from '../errors.ts';
import type { Standing } from '../groups/rules.ts';
import { isHtmx, originOf, speech } from '../http/context.ts';
import { noStore, seeOther } from '../http/reply.ts';
import type { Web } from '../http/route-context.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { readPage, type Window } from '../log/history.ts';
import { notifiedBy } from './notified-members.ts';
import { messageJson, messageText, peopleIn, presentRow } from './presenter.ts';

export type Ctx = Context & { params: Record<string, string | undefined> };

/** The message that a path names. Errors: `notFound`: what is no number is no message either. */
export function seqOf({ params: { seq = '' } }: Ctx): number {
  if (!/^[1-9]\d{0,9}$/.test(seq)) throw notFound();
  return Number(seq);
}

export type AnswerOptions = {
  /** 200 or 201. With 201 the address goes into `Location` too. */
  readonly status?: 200 | 201;
  /** Whether the text was written just now: a program is told whom it reached. */
  readonly isWritten?: boolean;
};

/** One message, as the client asks: its row to htmx, 303 to a form, else JSON or text with its address. */
export async function answer(ctx: Context, web: Web, at: Standing, folded: FoldedMessage, options: AnswerOptions = {}): Promise<void> {
  const { core, views } = web;
  noStore(ctx);
  const faces = await core.directory.faces(peopleIn([{ type: 'message', folded }]));
  const url = `/groups/${at.group.slug}/messages/${folded.message.seq}`;
  const how = speech(ctx);
  if (how === 'html' && !isHtmx(ctx)) return seeOther(ctx, `/groups/${at.group.slug}#m-${folded.message.seq}`);
  ctx.status = how === 'html' ? 200 : (options.status ?? 200);
  if (options.status === 201) ctx.set('Location', url);
  if (how === 'html') {
    ctx.type = 'html';
    ctx.body = views.render('messages/_row.njk', { row: presentRow(folded, at.group, faces, core.now()) });
  } else if (how === 'text') {
    ctx.type = 'text/plain';
    ctx.body = ctx.method === 'GET' ? `${messageText(folded, faces)}\n` : `${url}\n`;
  } else {
    const notified = options.isWritten ? { notified: await notifiedBy(core, folded) } : {};
    ctx.body = { ...messageJson(folded, at.group, faces), ...notified };
  }
}

/** A window of messages as JSON or text, oldest first, with links to those around it. */
export async function listMessages(ctx: Context, { core }: Web, at: Standing, window: Window): Promise<void> {
  noStore(ctx);
  const page = await readPage(core, at.group.id, window);
  const faces = await core.directory.faces(peopleIn(page.lines));
  const messages = page.lines.flatMap((line) => (line.type === 'message' ? [line.folded] : []));
  const link = (rel: string, name: string, seq: number): string =>
    `<${originOf(ctx, core.config)}/groups/${at.group.slug}/messages?${name}=${seq}&limit=${window.limit}>; rel="${rel}"`;
  const links = [
    ...(page.older === undefined ? [] : [link('prev', 'before', page.older)]),
    ...(page.newer === undefined ? [] : [link('next', 'after', page.newer)]),
  ];
  if (links.length > 0) ctx.set('Link', links.join(', '));
  ctx.set('X-Total-Count', String(page.head.n));
  if (speech(ctx) === 'text') {
    ctx.type = 'text/plain';
    ctx.body = messages.map((folded) => `${messageText(folded, faces)}\n`).join('');
  } else ctx.body = messages.map((folded) => messageJson(folded, at.group, faces));
}
