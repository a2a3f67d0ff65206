import type { Webhook, WebhookStore } from '../../webhooks/outgoing/port.ts';
import type { Collections, WebhookRow } from './collections.ts';
import { chunks } from './entries.ts';
import { isDuplicate } from './timeout.ts';

export function webhookStore({ webhooks, memberships }: Collections): WebhookStore {
  async function first({ bot, ...webhook }: Webhook): Promise<boolean> {
    try {
      await webhooks.insertOne({ _id: bot, ...webhook });
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  return {
    async byBot(bot) {
      const row = await webhooks.findOne({ _id: { $eq: bot } });
      return row ? toWebhook(row) : undefined;
    },
    async put(webhook) {
      if (webhook.rev === 1) return first(webhook);
      const { bot, ...fields } = webhook;
      return (await webhooks.updateOne({ _id: { $eq: bot }, rev: webhook.rev - 1 }, { $set: fields })).matchedCount === 1;
    },
    remove: async (bot) => (await webhooks.deleteOne({ _id: { $eq: bot } })).deletedCount === 1,
    any: async () => (await webhooks.findOne({ disabled: null }, { projection: { _id: 1 } })) !== null,
    async inGroup(group) {
      const rows = await webhooks.find({ disabled: null }).toArray();
      const windows = chunks(rows).map((some) =>
        memberships.find({ _id: { $in: some.map(({ _id }) => `${group}/${_id}`) }, in: true }, { projection: { user: 1 } }).toArray(),
      );
      const present = new Set((await Promise.all(windows)).flat().map(({ user }) => user));
      return rows.filter(({ _id }) => present.has(_id)).map(toWebhook);
    },
  };
}

const toWebhook = ({ _id, ...webhook }: WebhookRow): Webhook => ({ bot: _id, ...webhook });
