import type { UserId } from '../../ids.ts';
import type { Draft, Kind } from '../../log/entry.ts';
import { bodyAsText } from '../../markup/rich-content-text.ts';
import { containsKeyword, normalizeForMatch } from '../../text/keywords.ts';
import type { EventKind, Webhook } from './port.ts';

/** What a webhook is told that an entry of this kind is, and which choice of events it belongs to. */
export type Event = { readonly name: string; readonly chosenAs: EventKind };

const EVENT_OF: Partial<Readonly<Record<Kind, Event>>> = {
  message: { name: 'posted', chosenAs: 'posted' },
  edit: { name: 'edited', chosenAs: 'edited' },
  erase: { name: 'erased', chosenAs: 'erased' },
  unerase: { name: 'unerased', chosenAs: 'erased' },
  react: { name: 'reacted', chosenAs: 'reacted' },
  unreact: { name: 'unreacted', chosenAs: 'reacted' },
  join: { name: 'joined', chosenAs: 'joined' },
  leave: { name: 'left', chosenAs: 'left' },
};

/** Undefined for kinds that no webhook is told of. */
export const eventOf = (kind: Kind): Event | undefined => EVENT_OF[kind];

/** What the triggers look at. `isDirect`: in direct messages every message counts as a mention. */
export type Place = { readonly isDirect: boolean };

/** Whether a webhook is to be called for what is about to be written. Never for what its own bot does. */
export function isCalled(webhook: Webhook, draft: Draft, place: Place): boolean {
  const event = eventOf(draft.kind);
  if (event === undefined || draft.author === webhook.bot || !webhook.events.includes(event.chosenAs)) return false;
  return draft.kind !== 'message' || isWanted(webhook, draft, place);
}

function isWanted({ on, bot, keywords }: Webhook, message: Draft & { kind: 'message' }, { isDirect }: Place): boolean {
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

/** Bots that answer each other stop here: after so many in a row by bots alone, what a bot does calls no bot. */
export const MAX_IN_CHAIN = 8;

/** Whether those before, the newest last, are all of bots and as many as a chain may have. */
export const isChainOver = (before: readonly UserId[], isBot: (id: UserId) => boolean): boolean =>
  before.length >= MAX_IN_CHAIN && before.slice(-MAX_IN_CHAIN).every(isBot);
