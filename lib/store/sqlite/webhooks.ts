import type { UserId } from '../../ids.ts';
import type { Webhook, WebhookStore } from '../../webhooks/outgoing/port.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import type { WritesOf } from './writing/remote.ts';

export const WEBHOOKS = mapping<Webhook>('webhooks', {
  bot: 'bot',
  url: 'url',
  on: 'wanted',
  keywords: ['keywords', 'json'],
  events: ['events', 'json'],
  secrets: 'secrets',
  disabled: 'disabled',
  failingSince: 'failing_since',
  createdAt: 'created_at',
  rev: 'rev',
});
const BY_BOT = `${WEBHOOKS.select} WHERE bot = ?`;
const INSERT = `${WEBHOOKS.insert} ON CONFLICT DO NOTHING`;
const CHANGE = `UPDATE webhooks SET ${WEBHOOKS.columns.map((name) => `${name} = ?`).join()} WHERE bot = ? AND rev = ?`;
const REMOVE = 'DELETE FROM webhooks WHERE bot = ?';
const ANY = 'SELECT 1 FROM webhooks WHERE disabled IS NULL LIMIT 1';
const IN_GROUP = `${WEBHOOKS.select} JOIN memberships m ON m.user_id = webhooks.bot AND m.group_id = ? WHERE webhooks.disabled IS NULL AND m.present = 1`;

export const webhookWrites = (db: Connection) => ({
  put(webhook: Webhook): boolean {
    const values = WEBHOOKS.values(webhook);
    return (webhook.rev === 1 ? db.run(INSERT, ...values) : db.run(CHANGE, ...values, webhook.bot, webhook.rev - 1)) === 1;
  },
  remove: (bot: UserId) => db.run(REMOVE, bot) === 1,
});

export const webhookStore = (db: Connection, writes: WritesOf<ReturnType<typeof webhookWrites>>): WebhookStore => ({
  ...writes,
  async byBot(bot) {
    const row = db.one(BY_BOT, bot);
    return row && WEBHOOKS.read(row);
  },
  any: async () => db.one(ANY) !== undefined,
  inGroup: async (group) => db.all(IN_GROUP, group).map(WEBHOOKS.read),
});
