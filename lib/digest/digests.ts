import { addressOf } from '../accounts/mail/operations.ts';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { inLanguage } from '../language/current.ts';
import { plural, t } from '../language/text.ts';
import { unsubscribeToken } from '../mail/digest.ts';
import { siteUrl } from '../mail/links.ts';
import { languageOf, type MailContent, mailIn } from '../mail/mail-content.ts';
import type { Composer } from '../mail/mailer.ts';
import type { MailAddress } from '../mail/port.ts';
import { lastSeen, type Waiting, waitingFor } from './unread.ts';

/** A digest is sent when the person has had no group open for this long, and the oldest message has waited as long. */
export const AWAY_MS = 3_600_000;
/** The shortest time between two digests of one person. */
export const EVERY_MS = 6 * 3_600_000;
/** How long after a look that found nothing the next one is. */
const LOOK_MS = 10 * 60_000;
const LOOKS_AT_ONCE = 20;
const MAX_ITEMS = 20;

/** Looks whether people who want a digest have one, and puts it into the queue of mails. Several processes may do it at once. Errors: StoreUnavailable. */
export async function lookForDigests(core: Core): Promise<void> {
  if (!core.mailOutbox.isOn) return;
  for (const record of await core.store.addresses.dueDigests(core.now(), LOOKS_AT_ONCE)) await look(core, record);
}

async function look(core: Core, { user: id, digestDue: seen, digestUpTo: since }: MailAddress): Promise<void> {
  const now = core.now();
  const user = await core.store.users.byId(id);
  if (user && !user.disabled && (await isWaiting(core, user, since, now))) {
    // The id is derived from the look, so that two processes, or one that died in between, leave one mail.
    await core.mailOutbox.enqueue({ kind: 'digest', user: id, since, until: now }, `digest-${id}-${seen}`);
    await core.store.addresses.moveDigest(id, seen, { due: now + EVERY_MS, upTo: now });
  } else await core.store.addresses.moveDigest(id, seen, { due: now + LOOK_MS, upTo: since });
}

async function isWaiting(core: Core, user: User, since: number, now: number): Promise<boolean> {
  if ((await lastSeen(core, user.id)) > now - AWAY_MS) return false;
  const [oldest] = await waitingFor(core, user, { since, until: now });
  return oldest !== undefined && oldest.at <= now - AWAY_MS;
}

/** What still waits when it is sent. */
export const digestMail: Composer<'digest'> = async (core, job) => {
  const user = await core.store.users.byId(job.user);
  const address = await addressOf(core, job.user);
  if (!user || user.disabled || !address?.digest) return [];
  const language = languageOf(user, job);
  const waiting = await inLanguage(language, () => waitingFor(core, user, job));
  if (waiting.length === 0) return [];
  return [mailIn(language, () => digestOf(core, user, address.address, waiting))];
};

function digestOf(core: Core, { id, name }: User, to: string, waiting: readonly Waiting[]): Omit<MailContent, 'language'> {
  const shown = waiting.slice(-MAX_ITEMS);
  const more = waiting.length - shown.length;
  return {
    to,
    subject: t`${plural(waiting.length, 'message')} for you at ${new URL(siteUrl(core, '/')).host}`,
    paragraphs: [
      t`${name}, while you were away somebody has mentioned you or written to you:`,
      ...(more > 0 ? [t`(${plural(more, 'earlier message is', 'earlier messages are')} not shown.)`] : []),
    ],
    items: shown.map((one) => itemOf(core, one)),
    action: { label: t`Your groups`, url: siteUrl(core, '/groups') },
    reason: t`You get this digest because you have asked for it in your settings.`,
    unsubscribe: siteUrl(core, `/unsubscribe/${unsubscribeToken(core, id)}`),
  };
}

const itemOf = (core: Core, { group, author, text, seq }: Waiting) => ({
  title: group.people?.length === 2 ? author : t`${author} in ${group.name}`,
  text,
  url: siteUrl(core, `/groups/${group.slug}/messages/${seq}`),
});
