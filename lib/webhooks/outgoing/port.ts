import type { GroupId, UserId } from '../../ids.ts';

/** The events of an outgoing webhook. `erased` includes undoing an erasure, `reacted` includes removing a reaction. */
export const EVENTS = ['posted', 'edited', 'erased', 'reacted', 'joined', 'left'] as const;
export type EventKind = (typeof EVENTS)[number];

/** The event of a use of an action, for the bot that offers it, whatever events its webhook has. */
export const ACTION_EVENT = 'action';

/** The event of a command, for the bot that has registered it, whatever events its webhook has. */
export const COMMAND_EVENT = 'command';

/** The event of a use of an action that calls a URL of its own, in place of that webhook. */
export const INTEGRATION_EVENT = 'integration';

/** Which messages trigger the webhook: those that mention the bot, all, or those with a keyword. */
export const TRIGGERS = ['mention', 'all', 'keyword'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** The outgoing webhook of a bot; each bot has at most one. */
export type Webhook = {
  readonly bot: UserId;
  /** http or https, without credentials and fragment. */
  readonly url: string;
  readonly on: Trigger;
  readonly keywords: readonly string[];
  readonly events: readonly EventKind[];
  /** The signing secrets, newest first, as encrypted JSON. */
  readonly secrets: string;
  /** Why it is disabled; null while it is enabled. */
  readonly disabled: string | null;
  /** The time of the first failure since the last success (ms since the epoch); null after a success. */
  readonly failingSince: number | null;
  readonly createdAt: number;
  /** The number of changes, starting at 1. */
  readonly rev: number;
};

export type WebhookStore = {
  byBot(bot: UserId): Promise<Webhook | undefined>;
  /** Compare-and-set: writes if the stored webhook has `rev` − 1 (for 1: if none is stored); false otherwise. */
  put(webhook: Webhook): Promise<boolean>;
  /** Resolves to whether there was one. */
  remove(bot: UserId): Promise<boolean>;
  /** Whether any webhook is enabled. Fast. */
  any(): Promise<boolean>;
  /** The enabled webhooks of bots in the group, in any order. */
  inGroup(group: GroupId): Promise<Webhook[]>;
};
