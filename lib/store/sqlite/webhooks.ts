import type { Webhook, WebhookStore } from '../../webhooks/outgoing/port.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const COLUMNS = ['bot', 'url', 'wanted', 'keywords', 'events', 'secrets', 'disabled', 'failing_since', 'created_at', 'rev'];
const SELECT = `SELECT ${COLUMNS.map((name) => `w.${name}`).join()} FROM webhooks w`;
const BY_BOT = `${SELECT} WHERE w.bot = ?`;
const INSERT = `INSERT INTO webhooks (${COLUMNS.join()}) VALUES (${COLUMNS.map(() => '?').join()}) ON CONFLICT DO NOTHING`;
const CHANGE = `UPDATE webhooks SET ${COLUMNS.map((name) => `${name} = ?`).join()} WHERE bot = ? AND rev = ?`;
const REMOVE = 'DELETE FROM webhooks WHERE bot = ?';
const ANY = 'SELECT 1 FROM webhooks WHERE disabled IS NULL LIMIT 1';
const IN_GROUP = `${SELECT} JOIN memberships m ON m.user_id = w.bot AND m.group_id = ? WHERE w.disabled IS NULL AND m.present = 1`;

type Row = Pick<Webhook, 'bot' | 'url' | 'on' | 'secrets' | 'disabled' | 'rev'> & {
  readonly wanted: Webhook['on'];
  readonly keywords: string;
  readonly events: string;
  readonly failing_since: number | null;
  readonly created_at: number;
};

export function webhookStore(db: Connection, { write }: Writer): WebhookStore {
  function put(webhook: Webhook): boolean {
    const values = valuesOf(webhook);
    return (webhook.rev === 1 ? db.run(INSERT, ...values) : db.run(CHANGE, ...values, webhook.bot, webhook.rev - 1)) === 1;
  }

  return {
    async byBot(bot) {
      const row = db.one<Row>(BY_BOT, bot);
      return row && toWebhook(row);
    },
    put: (webhook) => write(() => put(webhook)),
    remove: (bot) => write(() => db.run(REMOVE, bot) === 1),
    any: async () => db.one(ANY) !== undefined,
    inGroup: async (group) => db.all<Row>(IN_GROUP, group).map(toWebhook),
  };
}

/** In the order of COLUMNS. */
const valuesOf = ({ bot, url, on, keywords, events, secrets, disabled, failingSince, createdAt, rev }: Webhook) => [
  bot,
  url,
  on,
  JSON.stringify(keywords),
  JSON.stringify(events),
  secrets,
  disabled,
  failingSince,
  createdAt,
  rev,
];

const toWebhook = ({ bot, url, wanted, keywords, events, secrets, disabled, failing_since, created_at, rev }: Row): Webhook => ({
  bot,
  url,
  on: wanted,
  keywords: JSON.parse(keywords),
  events: JSON.parse(events),
  secrets,
  disabled,
  failingSince: failing_since,
  createdAt: created_at,
  rev,
});
