import type { GroupId, UserId } from '../../ids.ts';

/** What an outgoing webhook may be told of. `erased` includes that an erasure was taken back, `reacted` that a reaction was. */
export const EVENTS = ['posted', 'edited', 'erased', 'reacted', 'joined', 'left'] as const;
export type EventKind = (typeof EVENTS)[number];

/** Which messages are told of: those that name the bot, all, or those with a keyword. */
export const TRIGGERS = ['mention', 'all', 'keyword'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** The address that a bot is called at; each bot has one at most. */
export type Webhook = {
  readonly bot: UserId;
  /** http or https, without user information and fragment. */
  readonly url: string;
  readonly on: Trigger;
  readonly keywords: readonly string[];
  readonly events: readonly EventKind[];
  /** What deliveries are signed with, newest first, as sealed JSON. */
  readonly secrets: string;
  /** Why it is not called any more; null while it is. */
  readonly disabled: string | null;
  /** ms of the first of the failures with no success since; null when the last delivery was one. */
  readonly failingSince: number | null;
  readonly createdAt: number;
  /** Counts its changes, from 1. */
  readonly rev: number;
};

export type WebhookStore = {
  byBot(bot: UserId): Promise<Webhook | undefined>;
  /** Compare-and-set: writes when what is stored has `rev` − 1 (1: nothing stored); false otherwise. */
  put(webhook: Webhook): Promise<boolean>;
  /** Resolves to whether there was one. */
  remove(bot: UserId): Promise<boolean>;
  /** Whether there is any that is not disabled. Cheap. */
  any(): Promise<boolean>;
  /** Those that are not disabled, of bots who are in the group, in any order. */
  inGroup(group: GroupId): Promise<Webhook[]>;
};
