import type { Core } from '../../core.ts';
import { addressMac } from '../../mail/address.ts';
import { newLink, siteUrl } from '../../mail/links.ts';
import type { MailContent } from '../../mail/mail-content.ts';
import type { Composer } from '../../mail/mailer.ts';
import { SECURITY_EVENTS } from '../../security/event.ts';
import { datesIn } from '../../text/dates.ts';
import type { User } from '../port.ts';
import { addressOf } from './operations.ts';

const dates = datesIn('UTC');
const hostOf = ({ config }: Core): string => new URL(config.publicUrl ?? 'http://localhost').host;

/** The link that makes an address a person's. */
export const confirmMail: Composer<'confirm'> = async (core, { user: id, address }) => {
  const user = await core.store.users.byId(id);
  if (!user || user.disabled) return [];
  const url = await newLink(core, 'confirm', { user: id, about: { address } });
  return [
    {
      to: address,
      subject: `Confirm your address for ${hostOf(core)}`,
      paragraphs: [
        `${user.name} has given this as the address of an account at ${hostOf(core)}. If that was you, confirm it within 24 hours.`,
      ],
      action: { label: 'Confirm this address', url },
      reason: 'If it was not you, ignore this mail: nothing happens.',
    },
  ];
};

/** A link for each account with this address that has a password. */
export const resetMails: Composer<'reset'> = async (core, { address }) => {
  const records = await core.store.addresses.byMac(addressMac(core, address));
  const users = await core.store.users.byIds(records.map(({ user }) => user));
  const found = users.filter(({ disabled, passwordHash }) => !disabled && passwordHash !== null);
  return Promise.all(found.map((user) => resetMail(core, user, address)));
};

async function resetMail(core: Core, { id, name }: User, to: string): Promise<MailContent> {
  return {
    to,
    subject: `A new password for ${hostOf(core)}`,
    paragraphs: [
      `Somebody, probably you, has asked for a new password for the account ${name} at ${hostOf(core)}. The link below is valid for one hour, and once.`,
      'A new password logs you out everywhere and revokes your API tokens. A second factor stays as it is.',
    ],
    action: { label: 'Choose a new password', url: await newLink(core, 'reset', { user: id, about: {} }) },
    reason: 'If it was not you, ignore this mail: your password stays as it is.',
  };
}

export const inviteMail: Composer<'invite'> = async (core, { by: id, address }) => {
  const by = await core.store.users.byId(id);
  if (!by?.admin || by.disabled) return [];
  const url = await newLink(core, 'invite', { user: null, about: { address, by: id } });
  return [
    {
      to: address,
      subject: `${by.name} invites you to ${hostOf(core)}`,
      paragraphs: [`${by.name} invites you to the group chat at ${hostOf(core)}. The link below is valid for seven days, for one account.`],
      action: { label: 'Create your account', url },
      reason: `You get this mail because ${by.name} has entered your address.`,
    },
  ];
};

/** A security event, to the present address of the person or to a former one. */
export const noticeMail: Composer<'notice'> = async (core, { user: id, event, at, detail, from, to }) => {
  const user = await core.store.users.byId(id);
  const address = to ?? (await addressOf(core, id))?.address;
  if (!user || address === undefined) return [];
  const facts = [detail, from === '' ? '' : `from the address ${from}`].filter((fact) => fact !== '');
  return [
    {
      to: address,
      subject: `${SECURITY_EVENTS[event]}: ${user.name} at ${hostOf(core)}`,
      paragraphs: [
        `${SECURITY_EVENTS[event]}, for the account ${user.name} at ${hostOf(core)}, ${dates.moment(at)} UTC${facts.length > 0 ? `: ${facts.join(', ')}` : ''}.`,
        'If that was not you, change your password and log out everywhere.',
      ],
      action: { label: 'Security events of your account', url: siteUrl(core, '/settings/security') },
      reason: 'Mails about the security of your account are sent as long as it has this address.',
    },
  ];
};
