import type { Credential, CredentialStore } from '../../../accounts/credentials-port.ts';
import type { Collections } from '../collections.ts';
import { isDuplicate } from '../timeout.ts';
import type { CredentialRow } from './rows.ts';

export function credentialStore({ credentials }: Collections): CredentialStore {
  return {
    async insert({ id, ...credential }) {
      try {
        await credentials.insertOne({ _id: id, ...credential });
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    },
    async byId(id) {
      const row = await credentials.findOne({ _id: { $eq: id } });
      return row ? toCredential(row) : undefined;
    },
    async ofUser(user) {
      const rows = credentials.find({ user: { $eq: user } }).sort({ createdAt: 1, _id: 1 });
      return (await rows.toArray()).map(toCredential);
    },
    async use(id, seen, counter, now) {
      const used = await credentials.updateOne({ _id: { $eq: id }, counter: { $eq: seen } }, { $set: { counter, lastUsedAt: now } });
      return used.matchedCount === 1;
    },
    remove: async (id, user) => (await credentials.deleteOne({ _id: { $eq: id }, user: { $eq: user } })).deletedCount === 1,
    async removeAll(user, kind) {
      await credentials.deleteMany({ user: { $eq: user }, kind: { $eq: kind } });
    },
  };
}

const toCredential = ({ _id, ...credential }: CredentialRow): Credential => ({ id: _id, ...credential });
