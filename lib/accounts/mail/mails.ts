import type { Core } from '../../core.ts';
import { currentLanguage, type Language } from '../../language/current.ts';
import { t } from '../../language/text.ts';
import { addressMac } from '../../mail/address.ts';
import type { MailJob } from '../../mail/job.ts';
import { newLink, siteUrl } from '../../mail/links.ts';
import { languageOf, type MailContent, mailIn } from '../../mail/mail-content.ts';
import type { Composer } from '../../mail/mailer.ts';
import { detailText } from '../../security/detail.ts';
import { SECURITY_EVENTS } from '../../security/event.ts';
import { datesIn } from '../../text/dates.ts';
import type { User } from '../port.ts';
import { addressOf } from './operations.ts';

const hostOf = ({ config }: Core): string => new URL(config.publicUrl ?? 'http://localhost').host;

/** The link that makes an address a person's. */
export const confirmMail: Composer<'confirm'> = async (core, job) => {
  const { user: id, address } = job;
  const user = await core.store.users.byId(id);
  if (!user || user.disabled) return [];
  const url = await newLink(core, 'confirm', { user: id, about: { address } });
  return [
    mailIn(languageOf(user, job), () => ({
      to: address,
      subject: t`Confirm your address for ${hostOf(core)}`,
      paragraphs: [
        t`${user.name} has given this as the address of an account at ${hostOf(core)}. If that was you, confirm it within 24 hours.`,
      ],
      action: { label: t`Confirm this address`, url },
      reason: t`If it was not you, ignore this mail: nothing happens.`,
    })),
  ];
};

/** A link for each account with this address that has a password. */
export const resetMails: Composer<'reset'> = async (core, job) => {
  const records = await core.store.addresses.byMac(addressMac(core, job.address));
  const users = await core.store.users.byIds(records.map(({ user }) => user));
  const found = users.filter(({ disabled, passwordHash }) => !disabled && passwordHash !== null);
  return Promise.all(found.map((user) => resetMail(core, user, job.address, languageOf(user, job))));
};

async function resetMail(core: Core, { id, name }: User, to: string, language: Language): Promise<MailContent> {
  const url = await newLink(core, 'reset', { user: id, about: {} });
  return mailIn(language, () => ({
    to,
    subject: t`A new password for ${hostOf(core)}`,
    paragraphs: [
      t`Somebody, probably you, has asked for a new password for the account ${name} at ${hostOf(core)}. The link below is valid for one hour, and once.`,
      t`A new password logs you out everywhere and revokes your API tokens. A second factor stays as it is.`,
    ],
    action: { label: t`Choose a new password`, url },
    reason: t`If it was not you, ignore this mail: your password stays as it is.`,
  }));
}

export const inviteMail: Composer<'invite'> = async (core, job) => {
  const { by: id, address } = job;
  const by = await core.store.users.byId(id);
  if (!by?.admin || by.disabled) return [];
  const url = await newLink(core, 'invite', { user: null, about: { address, by: id } });
  return [
    mailIn(languageOf(undefined, job), () => ({
      to: address,
      subject: t`${by.name} invites you to ${hostOf(core)}`,
      paragraphs: [
        t`${by.name} invites you to the group chat at ${hostOf(core)}. The link below is valid for seven days, for one account.`,
      ],
      action: { label: t`Create your account`, url },
      reason: t`You get this mail because ${by.name} has entered your address.`,
    })),
  ];
};

type Notice = Extract<MailJob, { kind: 'notice' }>;

/** A security event, to the present address of the person or to a former one. */
export const noticeMail: Composer<'notice'> = async (core, job) => {
  const { user: id, to } = job;
  const user = await core.store.users.byId(id);
  const address = to ?? (await addressOf(core, id))?.address;
  if (!user || address === undefined) return [];
  return [mailIn(languageOf(user, job), () => notice(core, user, address, job))];
};

function notice(core: Core, { name }: User, to: string, { event, at, detail, from }: Notice): Omit<MailContent, 'language'> {
  const title = SECURITY_EVENTS[event]();
  const host = hostOf(core);
  const when = datesIn('UTC', false, currentLanguage()).moment(at);
  const facts = [detailText(event, detail), from === '' ? '' : t`from the address ${from}`].filter((fact) => fact !== '').join(', ');
  return {
    to,
    subject: t`${title}: ${name} at ${host}`,
    paragraphs: [
      facts === ''
        ? t`${title}, for the account ${name} at ${host}, ${when} UTC.`
        : t`${title}, for the account ${name} at ${host}, ${when} UTC: ${facts}.`,
      t`If that was not you, change your password and log out everywhere.`,
    ],
    action: { label: t`Security events of your account`, url: siteUrl(core, '/settings/security') },
    reason: t`Mails about the security of your account are sent as long as it has this address.`,
  };
}
