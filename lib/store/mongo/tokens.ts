import type { Token, TokenStore } from '../../accounts/port.ts';
import type { Collections, TokenRow } from './collections.ts';

export function tokenStore({ tokens }: Collections): TokenStore {
  return {
    async insert({ hash, ...token }) {
      await tokens.insertOne({ _id: hash, ...token });
    },
    async byHash(hash) {
      const row = await tokens.findOne({ _id: { $eq: hash } });
      return row ? toToken(row) : undefined;
    },
    listOf: async (user) =>
      (
        await tokens
          .find({ user: { $eq: user } })
          .sort({ createdAt: 1, _id: 1 })
          .toArray()
      ).map(toToken),
    async touch(hash, now) {
      await tokens.updateOne({ _id: { $eq: hash } }, { $set: { lastUsedAt: now } });
    },
    async setSecrets(hash, secrets) {
      const change = secrets === undefined ? { $unset: { secrets: '' as const } } : { $set: { secrets } };
      return (await tokens.updateOne({ _id: { $eq: hash } }, change)).matchedCount === 1;
    },
    expire: async (hash, at) => (await tokens.updateOne({ _id: { $eq: hash } }, { $set: { expiresAt: at } })).matchedCount === 1,
    expired: async (now, limit) =>
      (
        await tokens
          .find({ expiresAt: { $lte: now } })
          .limit(limit)
          .toArray()
      ).map(toToken),
    remove: async (hash) => (await tokens.deleteOne({ _id: { $eq: hash } })).deletedCount === 1,
  };
}

const toToken = ({ _id, ...token }: TokenRow): Token => ({ hash: _id, ...token });
