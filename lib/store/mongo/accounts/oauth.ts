import type { OAuthClient, OAuthClientStore, OAuthGrant, OAuthGrantStore } from '../../../accounts/oauth/port.ts';
import type { Collections } from '../collections.ts';
import type { OAuthClientRow, OAuthGrantRow } from './rows.ts';

export function oauthClientStore({ oauthClients }: Collections): OAuthClientStore {
  return {
    async insert({ id, ...client }) {
      await oauthClients.insertOne({ _id: id, ...client });
    },
    async byId(id) {
      const row = await oauthClients.findOne({ _id: { $eq: id } });
      return row ? toClient(row) : undefined;
    },
    async listAdded(limit) {
      const rows = oauthClients.find({ source: 'added' }).sort({ createdAt: 1, _id: 1 }).limit(limit);
      return (await rows.toArray()).map(toClient);
    },
    async extend(id, at) {
      await oauthClients.updateOne({ _id: { $eq: id }, expiresAt: { $lt: at } }, { $set: { expiresAt: at } });
    },
    remove: async (id) => (await oauthClients.deleteOne({ _id: { $eq: id } })).deletedCount === 1,
    async sweep(now) {
      await oauthClients.deleteMany({ expiresAt: { $lt: now } });
    },
  };
}

const toClient = ({ _id, ...client }: OAuthClientRow): OAuthClient => ({ id: _id, ...client });

export function oauthGrantStore({ oauthGrants }: Collections): OAuthGrantStore {
  return {
    async insert({ id, ...grant }) {
      await oauthGrants.insertOne({ _id: id, ...grant });
    },
    async byId(id) {
      const row = await oauthGrants.findOne({ _id: { $eq: id } });
      return row ? toGrant(row) : undefined;
    },
    async ofUser(user) {
      const rows = oauthGrants.find({ user: { $eq: user } }).sort({ createdAt: 1, _id: 1 });
      return (await rows.toArray()).map(toGrant);
    },
    async ofClient(client, limit) {
      const rows = oauthGrants
        .find({ client: { $eq: client } })
        .sort({ createdAt: 1, _id: 1 })
        .limit(limit);
      return (await rows.toArray()).map(toGrant);
    },
    async advance(id, seen, { current, access, expiresAt }) {
      const $set = { redeemed: true, current, access: [...access], expiresAt };
      return (await oauthGrants.updateOne({ _id: { $eq: id }, current: { $eq: seen } }, { $set })).matchedCount === 1;
    },
    async touch(id, now) {
      await oauthGrants.updateOne({ _id: { $eq: id } }, { $set: { lastUsedAt: now } });
    },
    remove: async (id) => (await oauthGrants.deleteOne({ _id: { $eq: id } })).deletedCount === 1,
    async sweep(now) {
      await oauthGrants.deleteMany({ expiresAt: { $lt: now } });
    },
  };
}

const toGrant = ({ _id, ...grant }: OAuthGrantRow): OAuthGrant => ({ id: _id, ...grant });
