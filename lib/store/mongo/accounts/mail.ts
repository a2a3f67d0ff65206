import type { AddressStore, LinkStore, MailAddress, MailLink, MailStore, WaitingMail } from '../../../mail/port.ts';
import type { Collections } from '../collections.ts';
import { isDuplicate } from '../timeout.ts';
import type { AddressRow, LinkRow, MailRow } from './rows.ts';

export function addressStore({ addresses }: Collections): AddressStore {
  return {
    async put({ user, ...address }) {
      await addresses.replaceOne({ _id: { $eq: user } }, address, { upsert: true });
    },
    async ofUser(user) {
      const row = await addresses.findOne({ _id: { $eq: user } });
      return row ? toAddress(row) : undefined;
    },
    byMac: async (mac) => (await addresses.find({ mac: { $eq: mac } }).toArray()).map(toAddress),
    remove: async (user) => (await addresses.deleteOne({ _id: { $eq: user } })).deletedCount === 1,
    async setDigest(user, digest, { due, upTo }) {
      const set = { digest, digestDue: due, digestUpTo: upTo };
      return (await addresses.updateOne({ _id: { $eq: user } }, { $set: set })).matchedCount === 1;
    },
    async dueDigests(now, limit) {
      const rows = addresses.find({ digest: true, digestDue: { $lte: now } });
      return (await rows.sort({ digestDue: 1 }).limit(limit).toArray()).map(toAddress);
    },
    async moveDigest(user, seen, { due, upTo }) {
      const filter = { _id: { $eq: user }, digest: true, digestDue: { $eq: seen } };
      return (await addresses.updateOne(filter, { $set: { digestDue: due, digestUpTo: upTo } })).matchedCount === 1;
    },
  };
}

const toAddress = ({ _id, ...address }: AddressRow): MailAddress => ({ user: _id, ...address });

export function linkStore({ links }: Collections): LinkStore {
  return {
    async insert({ hash, ...link }) {
      await links.insertOne({ _id: hash, ...link });
    },
    async byHash(hash) {
      const row = await links.findOne({ _id: { $eq: hash } });
      return row ? toLink(row) : undefined;
    },
    take: async (hash) => (await links.deleteOne({ _id: { $eq: hash } })).deletedCount === 1,
    async removeOf(user, kind) {
      await links.deleteMany({ user: { $eq: user }, kind: { $eq: kind } });
    },
    async sweep(now) {
      await links.deleteMany({ expiresAt: { $lt: now } });
    },
  };
}

const toLink = ({ _id, ...link }: LinkRow): MailLink => ({ hash: _id, ...link });

export function mailStore({ mails }: Collections): MailStore {
  return {
    async insert({ id, ...mail }) {
      await mails.insertOne({ _id: id, ...mail }).catch((error: unknown) => {
        if (!isDuplicate(error)) throw error;
      });
    },
    async due(now, limit) {
      const rows = mails.find({ due: { $lte: now } });
      return (await rows.sort({ due: 1, _id: 1 }).limit(limit).toArray()).map(toMail);
    },
    async move(id, rev, { due, tries }) {
      const moved = await mails.updateOne({ _id: { $eq: id }, rev: { $eq: rev } }, { $set: { due, tries, rev: rev + 1 } });
      return moved.matchedCount === 1;
    },
    remove: async (id, rev) => (await mails.deleteOne({ _id: { $eq: id }, rev: { $eq: rev } })).deletedCount === 1,
  };
}

const toMail = ({ _id, ...mail }: MailRow): WaitingMail => ({ id: _id, ...mail });
