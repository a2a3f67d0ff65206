import type { Core, Decide } from '../core.ts';
import { DomainError, forbidden, notFound, tooMany } from '../errors.ts';
import { attached, type Stored } from '../files/operations.ts';
import { groupAccess } from '../groups/operations.ts';
import { type GroupAccess, mayPost } from '../groups/rules.ts';
import { newUid } from '../ids.ts';
import type { Draft, Entry, FollowUpBody, Format, Message } from '../log/entry.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import { parseEmoji } from '../markup/emoji.ts';
import { EVERYBODY } from '../markup/mentions.ts';
import { sameText } from '../secrets.ts';
import { isBlank, parseBody } from '../text/body.ts';
import { mentionsIn } from './resolve-mentions.ts';
import * as rules from './rules.ts';

export { type KeySpace, keyIn, MAX_KEY_LENGTH } from '../log/keys.ts';

export type Post = {
  readonly body: string;
  readonly format?: Format;
  /** Idempotency key with the prefix of its key space (see keyIn). */
  readonly key?: string | undefined;
  /** False: a repetition that comes while the first is being written is refused (`inFlight`); else it waits for what comes of it. */
  readonly mayWait?: boolean;
  /** A sender name given by a webhook. */
  readonly as?: string | undefined;
  /** What a repetition with the same key must have in common with the first; else the body and its sender's name. */
  readonly sameness?: readonly string[] | undefined;
  /** It calls no bot, whatever it says: bots that answer each other would never end. */
  readonly callsNobody?: boolean;
  /** Whose rate counts; else the author's. */
  readonly rate?: string | undefined;
  /** Its files; with some, the body may be empty. To be given through postWithFiles (with-files.ts), which sees to what becomes of them. */
  readonly files?: readonly Stored[];
  /** Whether `@all` names everybody in a group of more than MAX_UNASKED; `ask`: whoever writes is to be asked first (`invalid`, field notify_all); else it is but text. */
  readonly notifyAll?: boolean | 'ask';
  /** Whether `admit` was asked, and so this post is counted already. */
  readonly isAdmitted?: boolean;
};

/** `isNew` is false when this key had posted the message before. */
export type Posted = { readonly message: Message; readonly isNew: boolean };

/**
 * The one door: every edge posts through here. Durable when it resolves.
 * Errors: `invalid` or `tooLarge` (body), `forbidden` (archived), `notFound` (no member), `tooMany`, `keyReused`, `inFlight`, `unavailable`.
 */
export async function post(core: Core, at: GroupAccess, input: Post): Promise<Posted> {
  requireMember(at);
  const body = bodyIn(core, input.body, input.files ?? []);
  const done = begin(core, at, input);
  try {
    if (!input.isAdmitted) checkRate(core, input.rate ?? at.user.id);
    return await append(core, at, input, body);
  } finally {
    done();
  }
}

/** Whether they may post, to be asked before something large is stored for it. Counts towards the rate. Errors: `forbidden`, `notFound`, `tooMany`. */
export function checkPostRate(core: Core, at: GroupAccess, rate: string = at.user.id): void {
  requireMember(at);
  checkRate(core, rate);
}

/** Only beside files a text may be empty. */
const bodyIn = (core: Core, text: string, files: readonly unknown[]): string =>
  files.length > 0 && isBlank(text) ? '' : parseBody(text, core.config.maxBodyBytes);

/** Longer than an append may take: a lease that is left over ends by itself. */
const IN_FLIGHT_PER_SECOND = 0.1;

/** Notes that this process writes what came with a key. (A repetition at another process waits for the log to decide.) */
function begin(core: Core, at: GroupAccess, { key, mayWait = true }: Post): () => void {
  if (key === undefined || mayWait) return () => {};
  const lease = `key:${at.group.id}:${at.user.id}:${key}`;
  const waitMs = core.rateLimiter.take(lease, IN_FLIGHT_PER_SECOND, 1);
  if (waitMs > 0) throw new DomainError('inFlight', 'The first request with this key is still being written.', { retryAfterMs: 1000 });
  return () => core.rateLimiter.giveBack(lease);
}

async function append(core: Core, at: GroupAccess, input: Post, body: string): Promise<Posted> {
  const draft: Draft = {
    kind: 'message',
    author: at.user.id,
    uid: newUid(core.random),
    body,
    format: input.format ?? 'text',
    ...(input.as ? { as: input.as.slice(0, 80) } : {}),
    ...(input.callsNobody ? { pending: [] } : {}),
    ...(input.files?.length ? { attachments: input.files.map(attached) } : {}),
    ...(input.key === undefined ? {} : { key: input.key, mac: macOf(core, at, body, input) }),
    ...(await mentionsIn(core, at, body, input)),
  };
  // The group was read before the membership, and its head never leads: what the log says up to there is in `at`.
  const entry = await core.appender.append(at.group.id, draft, () => decidePost(core, at), at.group.head.seq);
  return asPosted(entry, draft);
}

function asPosted(entry: Entry, draft: Draft): Posted {
  const isNew = entry.uid === draft.uid;
  if (entry.kind !== 'message' || (!isNew && !sameText(entry.mac ?? '', draft.mac ?? '')))
    throw new DomainError('keyReused', 'This idempotency key has already posted another text. Use a new key for a new message.', {
      field: 'key',
    });
  return { message: entry, isNew };
}

const macOf = (core: Core, at: GroupAccess, body: string, input: Post): string =>
  core.secrets.mac(
    'post',
    JSON.stringify([
      at.group.id,
      at.user.id,
      ...(input.sameness ?? [body, input.format ?? 'text', input.as ?? '']),
      ...(input.files ?? []).map(({ sha256 }) => sha256),
    ]),
  );

function requireMember(at: GroupAccess): void {
  if (mayPost(at)) return;
  throw at.membership?.in && !at.user.disabled ? forbidden('This group is archived: it can be read, not written to.') : notFound();
}

/** Asks the store again who this is to the group; throws when posting is not allowed any more. */
async function decidePost(core: Core, at: GroupAccess): Promise<void> {
  requireMember(await standingNow(core, at));
}

async function standingNow(core: Core, at: GroupAccess): Promise<GroupAccess> {
  const [group, user] = await Promise.all([core.store.groups.byId(at.group.id), core.store.users.byId(at.user.id)]);
  if (!group || !user) throw notFound();
  return groupAccess(core, user, group);
}

function checkRate(core: Core, whose: string): void {
  const rate = core.config.postsPerSecond;
  const waitMs = core.rateLimiter.take(`post:${whose}`, rate, rate * 3);
  if (waitMs > 0) throw tooMany(`Too many messages at once: ${rate} a second at most.`, waitMs);
}

/**
 * Errors of the five below: `notFound` (no such message, or not for you), `forbidden`, `invalid`, `tooLarge`, `tooMany`, `unavailable`. Saying what already
 * holds changes nothing. `said`: how the new text is written; else as the old one.
 */
export async function edit(core: Core, at: GroupAccess, target: number, text: string, said?: Format): Promise<FoldedMessage> {
  requireMember(at);
  const body = bodyIn(core, text, ['its own, if it has any']);
  const { state } = await readMessage(core, at.group.id, target);
  const format = said ?? formatAfter(state.format);
  const notifyAll = state.mentions?.includes(EVERYBODY.id) ?? false; // nobody is asked twice
  const mentions = await mentionsIn(core, at, body, { format, notifyAll });
  return follow(core, at, { kind: 'edit', target, body, format, ...mentions }, (now, folded) => {
    if (!rules.mayEdit(now, folded)) throw forbidden('Only the author can edit a message, and not once it is erased.');
    bodyIn(core, body, folded.message.attachments ?? []);
    return folded.state.body !== body || folded.state.format !== format;
  });
}

/** An edit is written as what it edits was. A bot's cards can only be told in words. */
const formatAfter = (format: Format): Format => (format === 'model' ? 'text' : format);

export const erase = (core: Core, at: GroupAccess, target: number): Promise<FoldedMessage> => {
  const undoUntil = core.now() + rules.UNDO_MS;
  return follow(core, at, { kind: 'erase', target, undoUntil, due: undoUntil + rules.SCRUB_GRACE_MS }, (now, folded) => {
    if (folded.state.erasedBy) return false;
    if (!rules.mayErase(now, folded)) throw forbidden('Only the author or a moderator can erase a message.');
    return true;
  });
};

export const unerase = (core: Core, at: GroupAccess, target: number): Promise<FoldedMessage> =>
  follow(core, at, { kind: 'unerase', target }, (now, folded) => {
    if (!folded.state.erasedBy) return false;
    if (!rules.mayUnerase(now, folded, core.now())) throw forbidden('It is too late to take this back, or somebody else erased it.');
    return true;
  });

/** `on`: whether the reaction should be there afterwards. */
export const react = (core: Core, at: GroupAccess, target: number, text: string, on: boolean): Promise<FoldedMessage> => {
  const emoji = parseEmoji(text);
  return follow(core, at, { kind: on ? 'react' : 'unreact', target, emoji }, (now, folded) => {
    if (!rules.mayReact(now, folded)) throw forbidden('Erased messages cannot be reacted to.');
    const has = folded.state.reactions.find((reaction) => reaction.emoji === emoji)?.by.includes(at.user.id) ?? false;
    if (on && !has && folded.state.reactions.length >= 50) throw forbidden('This message has 50 different reactions, which is the limit.');
    return has !== on;
  });
};

/** Says whether the follow-up changes anything, or throws to refuse it. */
type Rule = (at: GroupAccess, folded: FoldedMessage) => boolean | Promise<boolean>;

class NothingToDo extends Error {}

/** Appends a follow-up, unless its rule finds that it changes nothing; resolves to the message as it is then. The rule is asked again whenever something came in between. */
export async function follow(core: Core, at: GroupAccess, body: FollowUpBody, rule: Rule): Promise<FoldedMessage> {
  requireMember(at);
  checkRate(core, at.user.id);
  const decide: Decide = async () => {
    const now = await standingNow(core, at);
    requireMember(now);
    if (!(await rule(now, await readMessage(core, at.group.id, body.target)))) throw new NothingToDo();
  };
  try {
    await core.appender.append(at.group.id, { ...body, author: at.user.id, uid: newUid(core.random) }, decide);
  } catch (error) {
    if (!(error instanceof NothingToDo)) throw error;
  }
  return readMessage(core, at.group.id, body.target);
}
