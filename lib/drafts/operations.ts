import type { Core } from '../core.ts';
import { DomainError } from '../errors.ts';
import { checkPostRate, requireMember } from '../groups/admission.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { randomId } from '../ids.ts';
import { type Post, type Posted, post } from '../messages/operations.ts';
import { readReply } from '../messages/threads/related.ts';
import {
  DRAFT_MS,
  type DraftName,
  isDraftId,
  keyOfDraft,
  MAX_IN_GROUP,
  MAX_OF_AUTHOR,
  type OpenDraft,
  UPDATES_PER_SECOND,
} from './draft.ts';
import { addDraft, announce, readDraft, removeDraft, replaceDraft } from './register.ts';

/** Of updates that arrive at the same time, each is applied; a writer that is overtaken this often has to wait for its earlier ones. */
const MAX_TRIES = 20;
/** Updates that a process admits before it has heard of those at the others. */
const AHEAD = 5;

type Beginning = Pick<OpenDraft, 'format'> & { readonly body: string; readonly replyTo?: number | undefined };

/** Opens a draft, which the readers of the group see. It counts as the post that it becomes. Errors: those of checkPostRate; `tooLarge` (body), `invalid` (reply_to), `tooMany` (drafts), `unavailable`. */
export async function begin(core: Core, at: GroupAccess, { body, format, replyTo }: Beginning): Promise<OpenDraft> {
  await checkPostRate(core, at);
  checkLength(core, body);
  const { fields } = await readReply(core, at.group.id, replyTo);
  const draft = { ...nameAt(at, randomId(core.random)), rev: 1, body, format, ...fields };
  const added = await reach(core, addDraft(core, draft));
  if (added !== 'added') throw tooManyOpen(added);
  announce(core, draft);
  return draft;
}

/** `append`: added to the text; `body`: in place of it. */
export type Change = { readonly append: string } | { readonly body: string };

/** Changes the text of a draft of this user, and gives it another DRAFT_MS. Errors: `notFound`, `forbidden` (archived), `tooMany`, `gone`, `tooLarge`, `conflict`, `unavailable`. */
export async function update(core: Core, at: GroupAccess, id: string, change: Change): Promise<OpenDraft> {
  requireMember(at);
  const name = nameAt(at, id);
  await checkUpdateRate(core, name);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const draft = await reach(core, readDraft(core, name));
    if (!draft) throw ended('Begin another one.');
    const body = 'body' in change ? change.body : draft.body + change.append;
    checkLength(core, body);
    const next = { ...draft, body, rev: draft.rev + 1 };
    if (!(await reach(core, replaceDraft(core, next)))) continue;
    announce(core, next);
    return next;
  }
  throw new DomainError('conflict', 'Too many updates of this draft at the same time. Send one after the other.', { retryAfterMs: 1000 });
}

/** What is missing is taken from the open draft. */
export type Commit = Partial<Pick<Post, 'body' | 'format' | 'replyTo'>> & Pick<Post, 'notifyAll'>;

/**
 * Posts the draft as one message and ends it. The draft's id is its idempotency key: of any number of commits, also later ones and with other texts, one
 * posts, and the others resolve to its message. With `body` it works after the draft has ended, and while the bus is down.
 * Errors: those of `post`; `gone` without `body` when the draft has ended; `unavailable`.
 */
export async function commit(core: Core, at: GroupAccess, id: string, { body, format, replyTo, notifyAll }: Commit): Promise<Posted> {
  requireMember(at);
  const name = nameAt(at, id);
  const known = await committed(core, name);
  if (known) return known;
  const reading = readDraft(core, name);
  const draft = await (body === undefined ? reach(core, reading) : reading.catch(() => undefined));
  const text = body ?? draft?.body;
  if (text === undefined) return (await committed(core, name)) ?? notKept(); // by another request meanwhile
  const posted = await post(core, at, {
    ...{ body: text, format: format ?? draft?.format ?? 'text', replyTo: replyTo ?? draft?.replyTo },
    ...{ key: keyOfDraft(id), sameness: ['draft'], isAdmitted: draft !== undefined },
    ...(notifyAll === undefined ? {} : { notifyAll }),
  });
  await discard(core, name).catch((error) => core.logger.debug({ err: error }, 'a draft was posted and not removed; it expires'));
  return posted;
}

/** The message that a draft has become. */
async function committed({ store }: Core, { group, author, id }: DraftName): Promise<Posted | undefined> {
  const entry = await store.log.byKey(group, author, keyOfDraft(id));
  return entry?.kind === 'message' ? { message: entry, isNew: false } : undefined;
}

/** Whether the log has the message that a draft has become. Errors: StoreUnavailable. */
export const isPosted = async (core: Core, name: DraftName): Promise<boolean> => (await committed(core, name)) !== undefined;

const notKept = (): never => {
  throw ended('Commit it with its complete text as `body`: it is then posted, once.');
};

/** Ends a draft of this user without a message; does nothing when it has ended. Errors: `notFound`, `unavailable`. */
export const abandon = (core: Core, at: GroupAccess, id: string): Promise<void> => reach(core, discard(core, nameAt(at, id)));

/** Ends a draft everywhere. Rejects while the bus is down: it then expires. */
export async function discard(core: Core, name: DraftName): Promise<void> {
  await removeDraft(core, name);
  announce(core, name);
}

/** A draft of the user: no request reaches one of somebody else. Errors: `notFound` for a text that is no id. */
function nameAt({ group, user }: GroupAccess, id: string): DraftName {
  if (!isDraftId(id)) throw new DomainError('notFound', 'There is no such draft.');
  return { group: group.id, author: user.id, id };
}

function checkLength({ config }: Core, body: string): void {
  const bytes = Buffer.byteLength(body, 'utf8');
  const most = config.maxBodyBytes;
  if (bytes > most) throw new DomainError('tooLarge', `The draft would be too long: ${bytes} bytes, ${most} at most.`, { field: 'body' });
}

async function checkUpdateRate({ rateLimiter }: Core, { author, id }: DraftName): Promise<void> {
  const retryAfterMs = await rateLimiter.takeShared(`draft:${author}:${id}`, UPDATES_PER_SECOND, UPDATES_PER_SECOND, AHEAD);
  if (retryAfterMs === 0) return;
  throw new DomainError(
    'tooMany',
    `Too many updates of this draft: ${UPDATES_PER_SECOND} a second at most. Collect what comes in between.`,
    {
      retryAfterMs,
    },
  );
}

const tooManyOpen = (limit: 'owner' | 'group'): DomainError =>
  new DomainError(
    'tooMany',
    limit === 'owner'
      ? `You have ${MAX_OF_AUTHOR} open drafts in this group, which is the limit. Commit or end one.`
      : `This group has ${MAX_IN_GROUP} open drafts, which is the limit. Wait until one ends.`,
    { field: 'drafts', retryAfterMs: 5000 },
  );

const ended = (remedy: string): DomainError =>
  new DomainError('gone', `This draft has ended: it was committed or deleted, or had no update for ${DRAFT_MS / 1000} s. ${remedy}`);

/** What the bus answers. Errors: `unavailable` when it does not. */
async function reach<T>({ logger }: Core, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    logger.debug({ err: error }, 'the bus could not be asked about a draft');
    throw new DomainError(
      'unavailable',
      'Drafts need Redis, which does not answer. A commit with the complete text as `body` works without it.',
      {
        retryAfterMs: 2000,
      },
    );
  }
}
