import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import { randomToken, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { sha256 } from '../secrets.ts';
import type { MailLink } from './port.ts';

/** What each link leads to, and for how long (ms). */
const LINKS = {
  confirm: { path: '/confirm-address', forMs: 24 * 3_600_000 },
  reset: { path: '/reset-password', forMs: 3_600_000 },
  invite: { path: '/invited', forMs: 7 * 24 * 3_600_000 },
} as const;

/** The URL of a page of this site, for mails. */
export const siteUrl = ({ config }: Pick<Core, 'config'>, path: string): string => `${config.publicUrl ?? ''}${path}`; // SMTP_URL needs PUBLIC_URL

/** `forMs`: other than usual. `origin`: of this site, where PUBLIC_URL may not be set. */
type About = { readonly user: UserId | null; readonly about: object; readonly forMs?: number; readonly origin?: string };

/** Stores a link that is used once, and resolves to its URL. Only the hash of its token is stored. */
export async function newLink(core: Core, kind: MailLink['kind'], { user, about, origin, ...other }: About): Promise<string> {
  const token = randomToken(core.random, 40);
  const { path, forMs } = LINKS[kind];
  const sealed = core.secrets.seal(JSON.stringify(about));
  await core.store.links.insert({ hash: sha256(token), kind, user, sealed, expiresAt: core.now() + (other.forMs ?? forMs) });
  return origin === undefined ? siteUrl(core, `${path}/${token}`) : `${origin}${path}/${token}`;
}

/** `take` uses it up; false when somebody else was first. `putBack` makes it as it was. */
type FoundLink = {
  readonly user: UserId | null;
  readonly about: Readonly<Record<string, unknown>>;
  take(): Promise<boolean>;
  putBack(): Promise<void>;
};

/** The link of a token. Errors: `notFound`, one for links that are unknown, used, or expired. */
export async function findLink(core: Core, kind: MailLink['kind'], token: string): Promise<FoundLink> {
  const link = await core.store.links.byHash(sha256(token));
  const about = link && core.secrets.open(link.sealed);
  if (link?.kind !== kind || about === undefined || core.now() > link.expiresAt)
    throw notFound(t`This link is not valid. It may have expired, or been used.`);
  return {
    user: link.user,
    about: JSON.parse(about),
    take: () => core.store.links.take(link.hash),
    putBack: () => core.store.links.insert(link),
  };
}
