import type { IndexDescription } from 'mongodb';
import type { Credential } from '../../../accounts/credentials-port.ts';
import type { UserId } from '../../../ids.ts';
import type { MailAddress, MailLink, WaitingMail } from '../../../mail/port.ts';

export type CredentialRow = Omit<Credential, 'id'> & { readonly _id: string };
export type AddressRow = Omit<MailAddress, 'user'> & { readonly _id: UserId };
export type LinkRow = Omit<MailLink, 'hash'> & { readonly _id: string };
export type MailRow = Omit<WaitingMail, 'id'> & { readonly _id: string };

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
} satisfies Record<string, IndexDescription[]>;
