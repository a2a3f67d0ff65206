import type { UserId } from '../../../ids.ts';
import type { AddressStore, LinkStore, MailAddress, MailLink, MailStore, WaitingMail } from '../../../mail/port.ts';
import type { Connection } from '../connection.ts';
import { mapping } from '../mapping.ts';
import type { WritesOf } from '../writing/remote.ts';

export const ADDRESSES = mapping<MailAddress>('mail_addresses', {
  user: 'user_id',
  mac: 'mac',
  sealed: 'sealed',
  confirmedAt: 'confirmed_at',
  digest: ['digest', 'boolean'],
  digestDue: 'digest_due',
  digestUpTo: 'digest_up_to',
});
const OF_USER = `${ADDRESSES.select} WHERE user_id = ?`;
const BY_MAC = `${ADDRESSES.select} WHERE mac = ?`;
const REMOVE_ADDRESS = 'DELETE FROM mail_addresses WHERE user_id = ?';
const SET_DIGEST = 'UPDATE mail_addresses SET digest = ?, digest_due = ?, digest_up_to = ? WHERE user_id = ?';
const DUE_DIGESTS = `${ADDRESSES.select} WHERE digest = 1 AND digest_due <= ? ORDER BY digest_due LIMIT ?`;
const MOVE_DIGEST = 'UPDATE mail_addresses SET digest_due = ?, digest_up_to = ? WHERE user_id = ? AND digest_due = ? AND digest = 1';

type Digest = { readonly due: number; readonly upTo: number };

export const addressWrites = (db: Connection) => ({
  put: (address: MailAddress) => void db.run(ADDRESSES.replace, ...ADDRESSES.values(address)),
  remove: (user: UserId) => db.run(REMOVE_ADDRESS, user) === 1,
  setDigest: (user: UserId, digest: boolean, { due, upTo }: Digest) => db.run(SET_DIGEST, Number(digest), due, upTo, user) === 1,
  moveDigest: (user: UserId, seen: number, { due, upTo }: Digest) => db.run(MOVE_DIGEST, due, upTo, user, seen) === 1,
});

export const addressStore = (db: Connection, writes: WritesOf<ReturnType<typeof addressWrites>>): AddressStore => ({
  ...writes,
  async ofUser(user) {
    const row = db.one(OF_USER, user);
    return row && ADDRESSES.read(row);
  },
  byMac: async (mac) => db.all(BY_MAC, mac).map(ADDRESSES.read),
  dueDigests: async (now, limit) => db.all(DUE_DIGESTS, now, limit).map(ADDRESSES.read),
});

export const LINKS = mapping<MailLink>('mail_links', {
  hash: 'hash',
  kind: 'kind',
  user: 'user_id',
  sealed: 'sealed',
  expiresAt: 'expires_at',
});
const LINK = `${LINKS.select} WHERE hash = ?`;
const TAKE = 'DELETE FROM mail_links WHERE hash = ?';
const REMOVE_OF = 'DELETE FROM mail_links WHERE user_id = ? AND kind = ?';
const SWEEP = 'DELETE FROM mail_links WHERE expires_at < ?';

export const linkWrites = (db: Connection) => ({
  insert: (link: MailLink) => void db.run(LINKS.insert, ...LINKS.values(link)),
  take: (hash: string) => db.run(TAKE, hash) === 1,
  removeOf: (user: UserId, kind: MailLink['kind']) => void db.run(REMOVE_OF, user, kind),
  sweep: (now: number) => void db.run(SWEEP, now),
});

export const linkStore = (db: Connection, writes: WritesOf<ReturnType<typeof linkWrites>>): LinkStore => ({
  ...writes,
  async byHash(hash) {
    const row = db.one(LINK, hash);
    return row && LINKS.read(row);
  },
});

export const MAILS = mapping<WaitingMail>('mails', {
  id: 'id',
  sealed: 'sealed',
  due: 'due',
  tries: 'tries',
  createdAt: 'created_at',
  rev: 'rev',
});
const INSERT_MAIL = `${MAILS.insert} ON CONFLICT DO NOTHING`;
const DUE = `${MAILS.select} WHERE due <= ? ORDER BY due, id LIMIT ?`;
const MOVE = 'UPDATE mails SET due = ?, tries = ?, rev = rev + 1 WHERE id = ? AND rev = ?';
const REMOVE = 'DELETE FROM mails WHERE id = ? AND rev = ?';

export const mailWrites = (db: Connection) => ({
  insert: (mail: WaitingMail) => void db.run(INSERT_MAIL, ...MAILS.values(mail)),
  move: (id: string, rev: number, { due, tries }: Pick<WaitingMail, 'due' | 'tries'>) => db.run(MOVE, due, tries, id, rev) === 1,
  remove: (id: string, rev: number) => db.run(REMOVE, id, rev) === 1,
});

export const mailStore = (db: Connection, writes: WritesOf<ReturnType<typeof mailWrites>>): MailStore => ({
  ...writes,
  due: async (now, limit) => db.all(DUE, now, limit).map(MAILS.read),
});
