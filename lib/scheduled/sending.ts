import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { DomainError, StoreUnavailable } from '../errors.ts';
import type { Group } from '../groups/port.ts';
import { inLanguage } from '../language/current.ts';
import { t } from '../language/text.ts';
import type { post as postMessage } from '../messages/operations.ts';
import { keyOf } from './operations.ts';
import type { Failure, Scheduled } from './port.ts';

/** The one function that posts: lib/messages is above this folder. */
export type PostFunction = typeof postMessage;

/** What came of an attempt. `later`: a temporary failure, `waitMs` until the next attempt; `isOdd`: of a kind that should not be, so that attempts are counted. */
export type Attempt =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'failed'; readonly failure: Failure }
  | { readonly outcome: 'later'; readonly waitMs: number; readonly isOdd?: true };

const STORE_AWAY_MS = 1000;
/** The waits before what failed unexpectedly is tried again; after one more failure it is given up. */
const ODD_MS = [1000, 5000, 30_000, 120_000, 600_000];

/**
 * Posts a scheduled message by its author, with the key that makes every further attempt of any process harmless. Never rejects: failures of the store are
 * `later`, and errors that should not be are logged.
 */
export async function attempt(core: Core, post: PostFunction, scheduled: Scheduled): Promise<Attempt> {
  try {
    const found = await readPlace(core, scheduled);
    if (typeof found === 'string') return { outcome: 'failed', failure: found };
    const { user, group } = found;
    const membership = await core.store.memberships.get(group.id, user.id);
    const failure = failureOf(scheduled, user, group, membership?.in === true);
    if (failure) return { outcome: 'failed', failure };
    const { format, replyTo, id } = scheduled;
    const text = scheduled.kind === 'reminder' ? await reminderOf(core, scheduled, user) : { body: scheduled.body };
    await post(core, { user, group, membership }, { ...text, format, replyTo, key: keyOf(id), sameness: [id] });
    return { outcome: 'sent' };
  } catch (error) {
    return outcomeOf(core, scheduled, error);
  }
}

type Place = { readonly user: User; readonly group: Group };

async function readPlace({ store }: Core, { author, group: id }: Scheduled): Promise<Place | Failure> {
  const [user, group] = await Promise.all([store.users.byId(author), store.groups.byId(id)]);
  if (!group) return 'gone';
  return user ? { user, group } : 'disabled';
}

function failureOf({ failure }: Scheduled, user: User, group: Group, isIn: boolean): Failure | null {
  if (failure) return failure;
  if (user.disabled) return 'disabled';
  if (!isIn) return 'not_member';
  return group.archived ? 'archived' : null;
}

/** Under the name of a reminder, by which the message notifies its author (lib/push/rules.ts), with a link to the group where it was asked for. */
async function reminderOf(core: Core, { body, about }: Scheduled, user: User): Promise<{ readonly body: string; readonly as: string }> {
  const group = about === undefined ? undefined : await core.store.groups.byId(about);
  const as = inLanguage(user.preferences?.language ?? 'en', () => t`Reminder`);
  const mayKnow = group && (await core.store.memberships.get(group.id, user.id))?.in === true && group.people === null;
  return { as, body: mayKnow ? `${body}\n\n${linkTo(core, group)}` : body };
}

/** Markdown. Characters with a meaning there are escaped. */
const linkTo = ({ config: { publicUrl } }: Core, { name, slug }: Group): string => {
  const label = name.replaceAll(/[\\`*_[\]()<>#~|!&]/g, '\\$&');
  return publicUrl === undefined ? `_${label}_` : `[${label}](${publicUrl}/groups/${slug})`;
};

function outcomeOf(core: Core, { id, tries }: Scheduled, error: unknown): Attempt {
  if (error instanceof StoreUnavailable) return { outcome: 'later', waitMs: STORE_AWAY_MS };
  if (error instanceof DomainError) {
    const { code, retryAfterMs } = error;
    if (code === 'keyReused') return { outcome: 'sent' };
    if (code === 'unavailable' || code === 'tooMany' || code === 'inFlight')
      return { outcome: 'later', waitMs: Math.max(retryAfterMs ?? STORE_AWAY_MS, 50) };
    return { outcome: 'failed', failure: refusalOf(error) };
  }
  const waitMs = ODD_MS[tries];
  core.logger.error({ err: error, scheduled: id }, 'sending a scheduled message failed');
  return waitMs === undefined ? { outcome: 'failed', failure: 'refused' } : { outcome: 'later', waitMs, isOdd: true };
}

function refusalOf({ code, field }: DomainError): Failure {
  if (field === 'reply_to') return 'reply_gone';
  if (code === 'tooLarge') return 'too_long';
  if (code === 'notFound') return 'not_member';
  return code === 'forbidden' ? 'archived' : 'refused';
}
