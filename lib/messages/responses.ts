import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { invalid, notFound } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { isHtmx, siteUrlOf } from '../http/context.ts';
import { renderFragment, respond, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { t } from '../language/text.ts';
import { windowFrom } from '../log/by-date.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { messageBefore, type Page, readPage, type Window } from '../log/history.ts';
import { returnUrl, seqFrom, threadUrl } from './links.ts';
import { notifiedBy } from './notified-members.ts';
import { messageJson, messageText, presentRow } from './presenter.ts';
import { contextOf, contextOfMessages } from './threads/context.ts';
import { readThread } from './threads/read-thread.ts';
import { rootOf } from './threads/related.ts';

export type Ctx = Context & { params: Record<string, string | undefined> };

/** The seq in the path. Errors: `notFound`, also when it is not a number. */
export function seqOf({ params: { seq: text } }: Ctx): number {
  const seq = seqFrom(text);
  if (seq === undefined) throw notFound();
  return seq;
}

type ResponseOptions = {
  /** Of a request that posted it. 201 adds the header `Location`. */
  readonly status?: 200 | 201;
  /** Whether this request wrote the text: JSON then lists the notified members. */
  readonly isWritten?: boolean;
  /** The page that a posting form returns to. Default: the group's. */
  readonly back?: 'thread' | undefined;
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
      const postedUrl = options.back === 'thread' ? threadUrl(at.group, rootOf(folded.message), seq) : `/groups/${slug}#m-${seq}`;
      if (!isHtmx(ctx)) return seeOther(ctx, isPost ? postedUrl : returnUrl(slug, seq));
      ctx.status = 200;
      const previous = isPost ? await messageBefore(core, folded.message) : undefined; // the page knows how it shows a row that it has
      renderFragment(ctx, views, 'messages/_row.njk', { row: await presentRow(core, folded, at.group, context, previous) });
    },
    json: async () => {
      const notified = options.isWritten ? { notified: await notifiedBy(core, folded) } : {};
      return { ...(await messageJson(core, folded, at.group, context, at.user.id)), ...notified };
    },
    text: async () => `${ctx.method === 'GET' ? await messageText(core, folded, context.profiles) : core.config.basePath + url}\n`,
  });
}

/** What is asked of a group's messages. `thread`: the seq of any message of the only thread that is wanted; pages ignore it. */
export type GroupQuery = Window & {
  readonly unread?: number | undefined;
  readonly at?: number | undefined;
  readonly date?: string | undefined;
  readonly zone: string;
  readonly thread?: number | undefined;
};

/** The window that a query names. Errors: StoreUnavailable. */
export const windowOf = async (
  core: Core,
  at: GroupAccess,
  { date, zone, ...asked }: GroupQuery,
): Promise<Omit<GroupQuery, 'date' | 'zone'>> => (date ? windowFrom(core, at.group.id, date, zone, asked.limit) : asked);

/** `total`: of all windows. `older`, `newer`: see Page. */
type List = Pick<Page, 'older' | 'newer'> & { readonly messages: readonly FoldedMessage[]; readonly total: number };

async function readList(core: Core, at: GroupAccess, asked: GroupQuery): Promise<List> {
  if (asked.thread !== undefined) return readThreadList(core, at, asked.thread, asked);
  const { lines, head, older, newer } = await readPage(core, at.group.id, await windowOf(core, at, asked));
  return { messages: lines.flatMap((line) => (line.type === 'message' ? [line.folded] : [])), total: head.n, older, newer };
}

async function readThreadList(core: Core, at: GroupAccess, seq: number, asked: GroupQuery): Promise<List> {
  const refused = asked.around !== undefined ? 'around' : asked.date ? 'date' : undefined;
  if (refused !== undefined) throw invalid(refused, t`${refused} cannot be combined with thread.`);
  const { messages, count, older, newer } = await readThread(core, at.group.id, seq, asked);
  return { messages, total: count + 1, older, newer };
}

/** Responds with a window of messages as JSON or text, oldest first, with links to the adjacent windows. Errors: `notFound` (thread), `invalid` (around, date). */
export async function listMessages(ctx: Context, { core }: RouteContext, at: GroupAccess, asked: GroupQuery): Promise<void> {
  const { messages, ...page } = await readList(core, at, asked);
  const thread = asked.thread === undefined ? '' : `thread=${asked.thread}&`;
  const link = (rel: string, name: string, seq: number): string =>
    `<${siteUrlOf(ctx, core.config)}/groups/${at.group.slug}/messages?${thread}${name}=${seq}&limit=${asked.limit}>; rel="${rel}"`;
  const links = [
    ...(page.older === undefined ? [] : [link('prev', 'before', page.older)]),
    ...(page.newer === undefined ? [] : [link('next', 'after', page.newer)]),
  ];
  if (links.length > 0) ctx.set('Link', links.join(', '));
  ctx.set('X-Total-Count', String(page.total));
  await respond(ctx, listBodies(core, at, messages));
}

/** The bodies of a list of messages of one group, in this order, for programs; nothing is read before one is asked for. Errors: StoreUnavailable. */
export const listBodies = (core: Core, { user, group }: GroupAccess, messages: readonly FoldedMessage[]) => ({
  json: async () => {
    const context = await contextOfMessages(core, messages);
    return Array.fromAsync(messages, (folded) => messageJson(core, folded, group, context, user.id));
  },
  text: async () => {
    const { profiles } = await contextOfMessages(core, messages);
    return (await Array.fromAsync(messages, async (folded) => `${await messageText(core, folded, profiles)}\n`)).join('');
  },
});
