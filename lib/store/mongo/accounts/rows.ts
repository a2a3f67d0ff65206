import type { Collection, Db, IndexDescription } from 'mongodb';
import type { Credential } from '../../../accounts/credentials-port.ts';
import type { OAuthClient, OAuthGrant } from '../../../accounts/oauth/port.ts';
import type { UserId } from '../../../ids.ts';
import type { MailAddress, MailLink, WaitingMail } from '../../../mail/port.ts';

export type CredentialRow = Omit<Credential, 'id'> & { readonly _id: string };
export type AddressRow = Omit<MailAddress, 'user'> & { readonly _id: UserId };
export type LinkRow = Omit<MailLink, 'hash'> & { readonly _id: string };
export type MailRow = Omit<WaitingMail, 'id'> & { readonly _id: string };
export type OAuthClientRow = Omit<OAuthClient, 'id'> & { readonly _id: string };
export type OAuthGrantRow = Omit<OAuthGrant, 'id'> & { readonly _id: string };

export type AccountCollections = {
  readonly credentials: Collection<CredentialRow>;
  readonly addresses: Collection<AddressRow>;
  readonly links: Collection<LinkRow>;
  readonly mails: Collection<MailRow>;
  readonly oauthClients: Collection<OAuthClientRow>;
  readonly oauthGrants: Collection<OAuthGrantRow>;
};

export const accountCollectionsOf = (db: Db): AccountCollections => ({
  credentials: db.collection('credentials'),
  addresses: db.collection('addresses'),
  links: db.collection('links'),
  mails: db.collection('mails'),
  oauthClients: db.collection('oauthClients'),
  oauthGrants: db.collection('oauthGrants'),
});

export const ACCOUNT_INDEXES = {
  credentials: [{ name: 'user', key: { user: 1, createdAt: 1 } }],
  addresses: [
    { name: 'mac', key: { mac: 1 } },
    { name: 'due', key: { digest: 1, digestDue: 1 } },
  ],
  links: [
    { name: 'user', key: { user: 1 } },
    { name: 'expiry', key: { expiresAt: 1 } },
  ],
  mails: [{ name: 'due', key: { due: 1 } }],
  oauthClients: [
    { name: 'added', key: { source: 1, createdAt: 1, _id: 1 } },
    { name: 'expiry', key: { expiresAt: 1 } },
  ],
  oauthGrants: [
    { name: 'user', key: { user: 1, createdAt: 1, _id: 1 } },
    { name: 'client', key: { client: 1, createdAt: 1, _id: 1 } },
    { name: 'expiry', key: { expiresAt: 1 } },
  ],
} satisfies Record<string, IndexDescription[]>;
