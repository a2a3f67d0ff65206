import type { ExecutionContext } from 'ava';
import type { User } from '../../lib/accounts/port.ts';
import { createBot } from '../../lib/bots/operations.ts';
import type { Answer, Client } from '../helpers/client.ts';
import type { TestOptions } from '../helpers/server.ts';
import { LOBBY, openSite, type Site } from '../helpers/site.ts';
import type { StreamEvent } from '../helpers/stream.ts';

export const DRAFTS = `${LOBBY}/drafts`;

export type Drafting = Site & { readonly bot: Client; readonly botUser: User };

/** Ann, Bob and the bot Writer in Lobby. */
export async function openDrafting(t: ExecutionContext, options: TestOptions = {}): Promise<Drafting> {
  const site = await openSite(t, options);
  return { ...site, ...(await newBot(site, 'Writer')) };
}

/** A bot in Lobby, with its token. */
export async function newBot({ core, lobby, client }: Site, name: string): Promise<{ readonly bot: Client; readonly botUser: User }> {
  const { user, token } = await createBot(core, undefined, { name, group: lobby });
  return { bot: client().bearer(token), botUser: user };
}

/** Begins a draft; resolves to its path. */
export async function begin(who: Client, fields: object = {}, drafts = DRAFTS): Promise<string> {
  const { status, text, json } = await who.json('POST', drafts, fields);
  if (status !== 201) throw new Error(`a draft was not begun: ${status} ${text}`);
  return json<{ url: string }>().url;
}

export const idOf = (draft: string): string => draft.split('/').at(-1) ?? '';

export const append = (who: Client, draft: string, text: string): Promise<Answer> => who.json('PATCH', draft, { append: text });
export const commit = (who: Client, draft: string, fields: object = {}): Promise<Answer> => who.json('POST', `${draft}/commit`, fields);

export type DraftEvent = { readonly id: string; readonly rev: number; readonly body: string; readonly author: { readonly name: string } };

/** The states of drafts that a program was sent. */
export const statesIn = (events: readonly StreamEvent[]): DraftEvent[] =>
  events.flatMap(({ event, data }) => (event === 'draft' ? [JSON.parse(data) as DraftEvent] : []));

export const endsIn = (events: readonly StreamEvent[]): { readonly id: string; readonly seq: number | null }[] =>
  events.flatMap(({ event, data }) => (event === 'draft_end' ? [JSON.parse(data)] : []));

/** Whether a program has this text of some draft. */
export const says =
  (text: string) =>
  (events: readonly StreamEvent[]): boolean =>
    statesIn(events).some(({ body }) => body === text);

/** Whether a page has a row, or the end, of this draft. */
export const hasRow =
  (draft: string, text = '') =>
  (events: readonly StreamEvent[]): boolean =>
    events.some(({ data }) => new RegExp(`^<div id="d-\\w+-${idOf(draft)}" class="msg draft`).test(data) && data.includes(text));
export const hasEnd =
  (draft: string) =>
  (events: readonly StreamEvent[]): boolean =>
    events.some(({ data }) => new RegExp(`<div id="d-\\w+-${idOf(draft)}" class="draft" hidden></div>`).test(data));
