import type { Core } from '../../core.ts';
import { conflict, DomainError, forbidden, invalid } from '../../errors.ts';
import type { AltTexts } from '../../files/alt.ts';
import { currentAccess } from '../../groups/admission.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { newUid } from '../../ids.ts';
import { t } from '../../language/text.ts';
import { type Acted, type Action, isWaiting } from '../../log/action.ts';
import type { Format } from '../../log/entry.ts';
import { actionsOf, type FoldedMessage } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';
import { edit } from '../edits/edit.ts';
import { follow } from '../edits/follow.ts';
import { mayEdit } from '../rules.ts';
import { nameOf } from '../system-message.ts';
import { whoText } from './presenter.ts';
import { lockedActions } from './resolve.ts';
import { actionNamed, areAlike, type Refusal, refusalOf, revealing } from './rules.ts';
import { sharedUses } from './state.ts';
import { type GivenValues, valuesIn } from './values.ts';

/** `key`: an idempotency key with the prefix of its key space (see keyIn). */
type Use = { readonly values: GivenValues; readonly key?: string | undefined };

/**
 * Uses an action of a message: appends an `act` entry. Of people who do it at the same time, as many succeed as the action allows. With the key of an
 * earlier use and the same values nothing changes. Durable when it resolves.
 * Errors: `conflict` when it cannot be used (any more), `forbidden` (it is for others, or the group is archived), `invalid` (values), `keyReused`,
 * `notFound` (the message), `tooMany`, `unavailable`.
 */
export async function applyAction(
  core: Core,
  at: GroupAccess,
  target: number,
  id: string,
  { values: given, key }: Use,
): Promise<FoldedMessage> {
  const before = await readMessage(core, at.group.id, target);
  const mac = key === undefined ? undefined : macOf(core, at, [target, id, given]);
  if (await isRepeated(core, at, key, mac)) return before;
  const action = await usableAction(core, at, before, id);
  const values = await valuesIn(core, at, action, given);
  const { label, value, show, original, integration } = action;
  const draft: Acted = {
    kind: 'act',
    target,
    action: id,
    label,
    ...(value === undefined ? {} : { value }),
    ...(Object.keys(values).length === 0 ? {} : { values }),
    ...(original ? { original } : {}),
    bot: before.message.author,
    ...(show === 'names' ? {} : { hidden: true as const }),
    ...(integration ? { integrated: true as const } : {}),
  };
  const keyed = key === undefined || mac === undefined ? {} : { key, mac };
  const folded = await follow(
    core,
    at,
    draft,
    async (now, present) => {
      if (await isRepeated(core, at, key, mac)) return false;
      const found = await usableAction(core, now, present, id);
      if (!areAlike([found], [action])) throw conflict(t`The bot has just changed this. Look again.`, 'action');
      return true;
    },
    keyed,
  );
  await isRepeated(core, at, key, mac); // another process may have written another use with this key first
  return folded;
}

const macOf = (core: Core, at: GroupAccess, what: readonly unknown[]): string =>
  core.secrets.mac('act', JSON.stringify([at.group.id, at.user.id, ...what]));

/** Whether the log has this use, by an earlier request with its key. Errors: `keyReused` when that was another one. */
async function isRepeated(core: Core, at: GroupAccess, key: string | undefined, mac: string | undefined): Promise<boolean> {
  const known = key === undefined ? undefined : await core.store.log.byKey(at.group.id, at.user.id, key);
  if (!known) return false;
  if (known.kind !== 'act' || known.mac !== mac)
    throw new DomainError('keyReused', t`This idempotency key was already used for something else. Use a new key.`, { field: 'key' });
  return true;
}

/** The action with this id, if it can be used now. Errors: `conflict`, `forbidden`. */
export async function usableAction(core: Core, at: GroupAccess, folded: FoldedMessage, id: string): Promise<Action> {
  const [refusal, action] = [refusalOf(at, folded, id), actionNamed(folded, id)];
  if (refusal !== undefined || !action) throw await refusalError(core, folded, refusal ?? 'absent', action);
  return action;
}

/** Says who it was only where everybody may know. */
async function refusalError(core: Core, folded: FoldedMessage, refusal: Refusal, action: Action | undefined): Promise<DomainError> {
  switch (refusal) {
    case 'erased':
      return conflict(t`The message is erased.`, 'action');
    case 'absent':
      return conflict(t`The message does not have this action, or not any more.`, 'action');
    case 'others': {
      const { who = [] } = action ?? {};
      const profiles = await core.directory.profiles(typeof who === 'string' ? [] : who);
      return forbidden(t`Only for: ${whoText(who, profiles)}.`);
    }
    case 'locked':
      return conflict(t`The bot has ended this.`, 'action');
    case 'closed':
      return conflict(t`This poll is closed.`, 'action');
    case 'usedByYou':
      return conflict(t`You have already done this.`, 'action');
    case 'used': {
      const [use] = action ? sharedUses(folded, action) : [];
      const chosen = use && actionNamed(folded, use.action);
      if (!use || chosen?.show !== 'names') return conflict(t`Somebody was faster: this is done already.`, 'action');
      const name = nameOf(await core.directory.profiles([use.last.by]), use.last.by);
      return conflict(t`${name} was faster: ${chosen.done ?? chosen.label}.`, 'action');
    }
    default:
      throw refusal satisfies never;
  }
}

/** A new text, and new actions, of a message of a bot. Without a text it stays. `lock`: actions that can no longer be used, true: all. */
export type MessageEdit = {
  readonly text?: string | undefined;
  readonly format?: Format | undefined;
  readonly alt?: AltTexts;
  readonly quiet?: boolean | undefined;
  readonly actions?: readonly Action[] | undefined;
  readonly lock?: true | readonly string[] | undefined;
};

const MAX_TRIES = 5;

/**
 * Edits a message, its actions included. An edit that gives actions is the bot's answer to those who wait, also where it changes nothing.
 * Errors: those of `edit`, `invalid` (lock; actions that show more of their uses than before).
 */
export async function editMessage(
  core: Core,
  at: GroupAccess,
  target: number,
  { text, actions, lock, ...rest }: MessageEdit,
): Promise<FoldedMessage> {
  if (actions === undefined && lock === undefined) return edit(core, at, target, text, rest);
  const change = (present: FoldedMessage): readonly Action[] => {
    const hidden = actions === undefined ? -1 : revealing(present, actions);
    if (hidden >= 0)
      throw invalid(`actions.${hidden}.show`, t`Others have used this action on other terms: give it a new id to show more of its uses.`);
    const next = actions ?? actionsOf(present);
    return lock === undefined ? next : lockedActions(next, lock);
  };
  for (let tries = 1; ; tries += 1)
    try {
      const folded = await edit(core, at, target, text, { ...rest, actions: change });
      return await acknowledgeAll(core, at, folded);
    } catch (error) {
      const isStale = error instanceof DomainError && error.code === 'conflict' && error.field === 'message';
      if (!isStale || tries === MAX_TRIES) throw error;
    }
}

async function acknowledgeAll(core: Core, at: GroupAccess, folded: FoldedMessage): Promise<FoldedMessage> {
  const waiting = (folded.state.uses ?? []).filter(isWaiting);
  for (const { action, last } of waiting) await acknowledge(core, at, folded.message.seq, action, last.seq);
  return waiting.length === 0 ? folded : readMessage(core, at.group.id, folded.message.seq);
}

class Answered extends Error {}

/**
 * Notes that the bot has answered the uses of an action up to the entry `act`. Does nothing when it has, when the message is erased or not the bot's, or the
 * group is archived. Idempotent. Errors: `unavailable`.
 */
export async function acknowledge(core: Core, at: GroupAccess, target: number, action: string, act: number): Promise<void> {
  const draft = { kind: 'ack', target, action, act, author: at.user.id, uid: newUid(core.random) } as const;
  try {
    await core.appender.append(at.group.id, draft, async () => {
      const [now, folded] = await Promise.all([currentAccess(core, at), readMessage(core, at.group.id, target)]);
      const waits = folded.state.uses?.some((uses) => uses.action === action && isWaiting(uses) && act > (uses.answered ?? 0)) ?? false;
      if (!waits || !mayEdit(now, folded)) throw new Answered();
    });
  } catch (error) {
    if (!(error instanceof Answered)) throw error;
  }
}
