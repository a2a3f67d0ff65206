import type { UserId } from '../../ids.ts';
import type { Draft, Entry, Kind } from '../../log/entry.ts';
import { bodyAsText } from '../../markup/rich-content-text.ts';
import { containsKeyword, normalizeForMatch } from '../../text/keywords.ts';
import { ACTION_EVENT, COMMAND_EVENT, type EventKind, INTEGRATION_EVENT, type Webhook } from './port.ts';

/** The event name of a kind of entry, and the setting that enables it; a use of an action, or a command, always calls its bot. */
type Event = { readonly name: string; readonly chosenAs?: EventKind };

const EVENT_OF: Partial<Readonly<Record<Kind, Event>>> = {
  message: { name: 'posted', chosenAs: 'posted' },
  edit: { name: 'edited', chosenAs: 'edited' },
  erase: { name: 'erased', chosenAs: 'erased' },
  unerase: { name: 'unerased', chosenAs: 'erased' },
  react: { name: 'reacted', chosenAs: 'reacted' },
  unreact: { name: 'unreacted', chosenAs: 'reacted' },
  join: { name: 'joined', chosenAs: 'joined' },
  leave: { name: 'left', chosenAs: 'left' },
  act: { name: ACTION_EVENT },
  command: { name: COMMAND_EVENT },
};

/** The event of a kind of entry; undefined for kinds that are not delivered. */
export const eventOf = (kind: Kind): Event | undefined => EVENT_OF[kind];

/** The name of the event that an entry is for a bot. */
export function eventFor(entry: Entry, bot: UserId): string {
  if (entry.kind === 'message' && entry.command?.bot === bot) return COMMAND_EVENT;
  return entry.kind === 'act' && entry.integrated ? INTEGRATION_EVENT : (eventOf(entry.kind)?.name ?? entry.kind);
}

/** `isDirect`: in direct messages every message counts as a mention. */
type CallContext = { readonly isDirect: boolean };

/** The bots that a draft calls. One that calls the URL of an action calls it for the bot, and no webhook. */
export function calledBy(webhooks: readonly Webhook[], draft: Draft, context: CallContext): UserId[] {
  if (draft.kind === 'act' && draft.integrated) return draft.author === draft.bot ? [] : [draft.bot];
  return webhooks.filter((webhook) => isCalled(webhook, draft, context)).map(({ bot }) => bot);
}

/** Whether a draft triggers a webhook. Entries of its own bot never do. */
function isCalled(webhook: Webhook, draft: Draft, context: CallContext): boolean {
  const event = eventOf(draft.kind);
  if (event === undefined || draft.author === webhook.bot) return false;
  if (draft.kind === 'edit' && draft.quiet) return false;
  if (draft.kind === 'act' || draft.kind === 'command') return draft.bot === webhook.bot;
  if (draft.kind === 'message' && draft.command?.bot === webhook.bot) return true;
  if (event.chosenAs === undefined || !webhook.events.includes(event.chosenAs)) return false;
  return draft.kind !== 'message' || isWanted(webhook, draft, context);
}

function isWanted({ on, bot, keywords }: Webhook, message: Draft & { kind: 'message' }, { isDirect }: CallContext): boolean {
  switch (on) {
    case 'all':
      return true;
    case 'mention':
      return isDirect || (message.mentions?.includes(bot) ?? false);
    case 'keyword':
      return hasKeyword(bodyAsText(message.body, message.format), keywords);
    default:
      throw on satisfies never;
  }
}

function hasKeyword(text: string, keywords: readonly string[]): boolean {
  const normalized = normalizeForMatch(text);
  return keywords.some((keyword) => containsKeyword(normalized, normalizeForMatch(keyword)));
}

/** Stops loops of bots: after this many consecutive entries by bots, a bot's entry triggers no webhook. */
export const MAX_IN_CHAIN = 8;

/** Whether the last MAX_IN_CHAIN authors (newest last) are all bots. */
export const isChainOver = (before: readonly UserId[], isBot: (id: UserId) => boolean): boolean =>
  before.length >= MAX_IN_CHAIN && before.slice(-MAX_IN_CHAIN).every(isBot);
