import { ofGroup } from '../audit/act.ts';
import type { Core } from '../core.ts';
import { conflict, invalid, notFound } from '../errors.ts';
import { everyGroup } from '../groups/every-group.ts';
import type { Group } from '../groups/port.ts';
import type { UserId } from '../ids.ts';
import { inLanguage } from '../language/current.ts';
import { t } from '../language/text.ts';
import { eraseOne } from './erase-one.ts';
import { daysText, isHeld } from './rules.ts';
import { type Criteria, selectMessages } from './select-messages.ts';

/** Sets how long the messages of a group are kept: days, 0 for ever, null as the site has it. Errors: `notFound`. */
export async function setRetention(core: Core, group: Group, days: number | null): Promise<void> {
  if ((await core.store.groups.update(group.id, { retentionDays: days })) !== 'done') throw notFound();
  await core.audit.record({
    act: 'retention_changed',
    subject: ofGroup(group),
    detail: days === null ? 'as the site' : inLanguage('en', () => daysText(days)),
  });
}

/** Puts a group on legal hold, or takes it off. Errors: `notFound`. */
export async function setHold(core: Core, group: Group, on: boolean): Promise<void> {
  if ((await core.store.groups.update(group.id, { held: on })) !== 'done') throw notFound();
  await core.audit.record({ act: on ? 'hold_set' : 'hold_lifted', subject: ofGroup(group) });
}

/** `group`: the only one; default: every group and direct conversation. */
export type Selection = { readonly group?: Group | undefined; readonly criteria: Criteria };

/** `messages`: found, and erased unless only counted; `groups`: in how many groups. `held`: groups that were left out, since they are on legal hold. `isMore`: whether the time was up first. */
export type EraseResult = { readonly messages: number; readonly groups: number; readonly held: number; readonly isMore: boolean };

type EraseOptions = {
  /** Erase what is found; else only count it. */
  readonly isErasing: boolean;
  /** Who is the author of the entries. */
  readonly by: UserId;
  /** For the audit log: what was selected, without searched texts. */
  readonly detail: string;
  /** Ends the work, such as before a request times out. */
  readonly signal?: AbortSignal;
  /** Called with the number of messages that were read since. */
  readonly onRead?: (messages: number) => void;
};

const AT_ONCE = 50;

/** Counts or erases the messages of a selection. Errors: `invalid` (criteria) when it has no condition, `conflict` when its group is on legal hold, `unavailable`. */
export async function eraseSelected(core: Core, { group, criteria }: Selection, options: EraseOptions): Promise<EraseResult> {
  if (Object.values(criteria).every((condition) => condition === undefined))
    throw invalid('criteria', t`Say which messages: by author, range, time or words.`);
  if ((criteria.from !== undefined || criteria.to !== undefined) && !group) throw invalid('group', t`A range of numbers needs a group.`);
  if (group && isHeld(group, core.config)) throw conflict(t`${group.name} is on legal hold: nothing in it can be erased.`, 'group');
  const result = { messages: 0, groups: 0, held: 0, isMore: false };
  try {
    for await (const one of group ? [group] : everyGroup(core.store)) await eraseIn(core, one, criteria, options, result);
  } finally {
    if (options.isErasing && result.messages > 0) {
      const detail = `${result.messages} ${result.messages === 1 ? 'message' : 'messages'}: ${options.detail}`;
      await core.audit.record({ act: 'messages_erased', subject: group && ofGroup(group), detail });
    }
  }
  return result;
}

type Counted = { -readonly [F in keyof EraseResult]: EraseResult[F] };

async function eraseIn(core: Core, group: Group, criteria: Criteria, options: EraseOptions, result: Counted): Promise<void> {
  if (isHeld(group, core.config)) {
    result.held += 1;
    return;
  }
  let found = 0;
  let waiting: Promise<unknown>[] = [];
  const count = (outcome: string): void => {
    if (outcome === 'erased') found += 1;
  };
  for await (const { seq } of selectMessages(core, group, criteria, options.onRead)) {
    if (options.signal?.aborted) {
      result.isMore = true;
      break;
    }
    if (options.isErasing) waiting.push(eraseOne(core, group.id, seq, options.by).then(count));
    else found += 1;
    if (waiting.length < AT_ONCE) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  result.messages += found;
  if (found > 0) result.groups += 1;
}
