import type { Context } from 'koa';
import { notFound } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { isHtmx, siteUrlOf } from '../http/context.ts';
import { renderFragment, respond, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { messageBefore, readPage, type Window } from '../log/history.ts';
import { returnUrl } from './links.ts';
import { notifiedBy } from './notified-members.ts';
import { messageJson, messageText, presentRow } from './presenter.ts';
import { contextOf, contextOfLines } from './threads/context.ts';

export type Ctx = Context & { params: Record<string, string | undefined> };

/** The seq in the path. Errors: `notFound`, also when it is not a number. */
export function seqOf({ params: { seq = '' } }: Ctx): number {
  if (!/^[1-9]\d{0,9}$/.test(seq)) throw notFound();
  return Number(seq);
}

type ResponseOptions = {
  /** Of a request that posted it. 201 adds the header `Location`. */
  readonly status?: 200 | 201;
  /** Whether this request wrote the text: JSON then lists the notified members. */
  readonly isWritten?: boolean;
};

/** Responds with one message: its row for htmx, 303 for a form, otherwise JSON, or text with its URL. */
export async function respondWithMessage(
  ctx: Context,
  deps: RouteContext,
  at: GroupAccess,
  folded: FoldedMessage,
  options: ResponseOptions = {},
): Promise<void> {
  const { core, views } = deps;
  const { slug } = at.group;
  const { seq } = folded.message;
  const isPost = options.status !== undefined;
  const url = `/groups/${slug}/messages/${seq}`;
  const context = await contextOf(core, folded, options.status === 201);
  ctx.status = options.status ?? 200;
  if (options.status === 201) ctx.set('Location', url);
  await respond(ctx, {
    html: async () => {
      if (!isHtmx(ctx)) return seeOther(ctx, isPost ? `/groups/${slug}#m-${seq}` : returnUrl(slug, seq));
      ctx.status = 200;
      const previous = isPost ? await messageBefore(core, folded.message) : undefined; // the page knows how it shows a row that it has
      renderFragment(ctx, views, 'messages/_row.njk', { row: await presentRow(core, folded, at.group, context, previous) });
    },
    json: async () => {
      const notified = options.isWritten ? { notified: await notifiedBy(core, folded) } : {};
      return { ...(await messageJson(core, folded, at.group, context)), ...notified };
    },
    text: async () => `${ctx.method === 'GET' ? await messageText(core, folded, context.profiles) : core.config.basePath + url}\n`,
  });
}

/** Responds with a window of messages as JSON or text, oldest first, with links to the adjacent windows. */
export async function listMessages(ctx: Context, { core }: RouteContext, at: GroupAccess, window: Window): Promise<void> {
  const page = await readPage(core, at.group.id, window);
  const context = await contextOfLines(core, page.lines);
  const messages = page.lines.flatMap((line) => (line.type === 'message' ? [line.folded] : []));
  const link = (rel: string, name: string, seq: number): string =>
    `<${siteUrlOf(ctx, core.config)}/groups/${at.group.slug}/messages?${name}=${seq}&limit=${window.limit}>; rel="${rel}"`;
  const links = [
    ...(page.older === undefined ? [] : [link('prev', 'before', page.older)]),
    ...(page.newer === undefined ? [] : [link('next', 'after', page.newer)]),
  ];
  if (links.length > 0) ctx.set('Link', links.join(', '));
  ctx.set('X-Total-Count', String(page.head.n));
  await respond(ctx, {
    json: () => Array.fromAsync(messages, (folded) => messageJson(core, folded, at.group, context)),
    text: async () =>
      (await Array.fromAsync(messages, async (folded) => `${await messageText(core, folded, context.profiles)}\n`)).join(''),
  });
}
