import type { Core } from '../core.ts';
import { DomainError, forbidden } from '../errors.ts';
import { attached, type Stored } from '../files/operations.ts';
import { checkRate, decidePost, requireMember } from '../groups/admission.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { newUid, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Action } from '../log/action.ts';
import type { Draft, Entry, Format, Message } from '../log/entry.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { parseEmoji } from '../markup/emoji.ts';
import { sameText } from '../secrets.ts';
import { bodyIn } from './body.ts';
import { follow } from './edits/follow.ts';
import { mentionsIn } from './resolve-mentions.ts';
import * as rules from './rules.ts';
import { followersOf, takePart } from './threads/follows.ts';
import { readReply } from './threads/related.ts';

export { type KeySpace, keyIn, MAX_KEY_LENGTH } from '../log/keys.ts';
export { edit } from './edits/edit.ts';

export type Post = {
  readonly body: string;
  readonly format?: Format;
  /** Idempotency key with the prefix of its key space (see keyIn). */
  readonly key?: string | undefined;
  /** False: a repeated request is refused (`inFlight`) while the first one is being written; otherwise it waits for the result of the first. */
  readonly mayWait?: boolean;
  /** A sender name given by a webhook. */
  readonly as?: string | undefined;
  /** The seq of the message of the group that this one answers. Its author and the followers of its thread are notified, unless `callsNobody`. */
  readonly replyTo?: number | undefined;
  /** Of a bot, resolved by resolveActions (actions/resolve.ts). */
  readonly actions?: readonly Action[] | undefined;
  /** The command to a bot that the body is. */
  readonly command?: { readonly name: string; readonly bot: UserId } | undefined;
  /** What a repeated request with the same key must have in common with the first. Default: body, format, sender's name, the answered message and actions. */
  readonly sameness?: readonly string[] | undefined;
  /** Calls no bot, so that bots do not reply to each other endlessly. */
  readonly callsNobody?: boolean;
  /** The bucket of the rate limit. Default: the author's. */
  readonly rate?: string | undefined;
  /** Stored files; with files the body may be empty. Use postWithFiles (with-files.ts), which attaches or removes them. */
  readonly files?: readonly Stored[];
  /** Whether `@all` notifies all members of a group of more than CONFIRM_BROADCAST_ABOVE; `ask`: ask for confirmation (error `invalid`, field notify_all); false: it is plain text. */
  readonly notifyAll?: boolean | 'ask';
  /** Whether checkPostRate has already counted this post. */
  readonly isAdmitted?: boolean;
};

/** `isNew`: false when the message was posted by an earlier request with the same key. */
export type Posted = { readonly message: Message; readonly isNew: boolean };

/**
 * Posts a message. Every entry point calls this function. Durable when it resolves.
 * Errors: `invalid` or `tooLarge` (body), `invalid` (reply_to), `forbidden` (archived), `notFound` (not a member), `tooMany`, `keyReused`, `inFlight`, `unavailable`.
 */
export async function post(core: Core, at: GroupAccess, input: Post): Promise<Posted> {
  requireMember(at);
  const body = bodyIn(core, input.body, input.files ?? []);
  const release = lockKey(core, at, input);
  try {
    if (!input.isAdmitted) await checkRate(core, input.rate ?? at.user.id);
    return await append(core, at, input, body);
  } finally {
    release();
  }
}

/** One token per 10 s, longer than an append takes: a lease that is not released expires. */
const IN_FLIGHT_PER_SECOND = 0.1;

/** Locks the key in this process; returns a function that releases it. (In another process, the log decides about a repeated request.) */
function lockKey(core: Core, at: GroupAccess, { key, mayWait = true }: Post): () => void {
  if (key === undefined || mayWait) return () => {};
  const lease = `key:${at.group.id}:${at.user.id}:${key}`;
  const waitMs = core.rateLimiter.take(lease, IN_FLIGHT_PER_SECOND, 1);
  if (waitMs > 0) throw new DomainError('inFlight', t`The first request with this key is still being written.`, { retryAfterMs: 1000 });
  return () => core.rateLimiter.giveBack(lease);
}

async function append(core: Core, at: GroupAccess, input: Post, body: string): Promise<Posted> {
  const { fields, answered } = await readReply(core, at.group.id, input.replyTo);
  const followers = input.callsNobody ? [] : await followersOf(core, at.group.id, fields.thread);
  const besides = answered === undefined || input.callsNobody ? [] : [answered, ...followers];
  const notified = await mentionsIn(core, at, body, { ...input, besides });
  if (fields.thread !== undefined) await takePart(core, at, fields.thread, named(notified.mentions, followers));
  const draft: Draft = {
    kind: 'message',
    author: at.user.id,
    uid: newUid(core.random),
    body,
    format: input.format ?? 'text',
    ...(input.as ? { as: input.as.slice(0, 80) } : {}),
    ...fields,
    ...(input.callsNobody ? { pending: [] } : {}),
    ...(input.files?.length ? { attachments: input.files.map(attached) } : {}),
    ...(input.actions?.length ? { actions: input.actions } : {}),
    ...(input.command ? { command: input.command } : {}),
    ...(input.key === undefined ? {} : { key: input.key, mac: macOf(core, at, body, input) }),
    ...notified,
  };
  // The group was read before the membership and its head never leads, so `at` includes all changes up to that head.
  const entry = await core.appender.append(at.group.id, draft, () => decidePost(core, at), at.group.head.seq);
  return asPosted(entry, draft);
}

const named = (mentions: readonly UserId[] = [], followers: readonly UserId[]): UserId[] =>
  mentions.filter((id) => !followers.includes(id));

function asPosted(entry: Entry, draft: Draft): Posted {
  const isNew = entry.uid === draft.uid;
  if (entry.kind !== 'message' || (!isNew && !sameText(entry.mac ?? '', draft.mac ?? '')))
    throw new DomainError('keyReused', t`This idempotency key was already used with another text. Use a new key for a new message.`, {
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
      ...(input.sameness ?? [
        ...[body, input.format ?? 'text', input.as ?? ''],
        ...(input.replyTo === undefined ? [] : [input.replyTo]),
        ...(input.actions?.length ? [input.actions] : []),
      ]),
      ...(input.files ?? []).map(({ sha256 }) => sha256),
    ]),
  );

export const erase = async (core: Core, at: GroupAccess, target: number): Promise<FoldedMessage> => {
  const undoUntil = (await core.sharedNow()) + rules.undoMs(at.user);
  return follow(core, at, { kind: 'erase', target, undoUntil, due: undoUntil + rules.SCRUB_GRACE_MS }, (now, folded) => {
    if (folded.state.erasedBy) return false;
    if (!rules.mayErase(now, folded)) throw forbidden(t`Only the author or a moderator can erase a message.`);
    return true;
  });
};

/** Errors: also `forbidden` when the text was removed meanwhile. */
export async function unerase(core: Core, at: GroupAccess, target: number): Promise<FoldedMessage> {
  const folded = await follow(core, at, { kind: 'unerase', target }, async (now, folded) => {
    if (!folded.state.erasedBy) return false;
    if (!rules.mayUnerase(now, folded, await core.sharedNow())) throw tooLateToUndo();
    return true;
  });
  if (isErased(folded)) throw tooLateToUndo();
  return folded;
}

const tooLateToUndo = () => forbidden(t`It is too late to undo this, or somebody else erased the message.`);

/** Adds (`on`) or removes the reaction of the user. Idempotent. */
export const react = (core: Core, at: GroupAccess, target: number, text: string, on: boolean): Promise<FoldedMessage> => {
  const emoji = parseEmoji(text);
  return follow(core, at, { kind: on ? 'react' : 'unreact', target, emoji }, (now, folded) => {
    if (!rules.mayReact(now, folded)) throw forbidden(t`Erased messages cannot be reacted to.`);
    const has = folded.state.reactions.find((reaction) => reaction.emoji === emoji)?.by.includes(at.user.id) ?? false;
    if (on && !has && folded.state.reactions.length >= 50) throw forbidden(t`This message has 50 different reactions, which is the limit.`);
    return has !== on;
  });
};
