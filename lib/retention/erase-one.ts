import type { Core } from '../core.ts';
import { type GroupId, newUid, type UserId } from '../ids.ts';
import type { Draft } from '../log/entry.ts';
import { readMessage } from '../log/history.ts';
import { isHeld } from './rules.ts';

/** `held`: the group is on legal hold; `gone`: it is erased already. */
export type Outcome = 'erased' | 'gone' | 'held';

class Refused extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

/**
 * Erases a message for good, whoever wrote it: appends the entry by which authors erase, without the time to undo it, so that the sweep removes text,
 * files, search terms and answers of bots. Calls no bot. Several processes that do it at once append one entry. Errors: `unavailable`.
 */
export async function eraseOne(core: Core, group: GroupId, target: number, by: UserId): Promise<Outcome> {
  const now = core.now();
  const draft: Draft = { kind: 'erase', target, undoUntil: now - 1, due: now, author: by, uid: newUid(core.random), pending: [] };
  try {
    await core.appender.append(group, draft, async () => {
      const record = await core.store.groups.byId(group);
      if (!record || isHeld(record, core.config)) throw new Refused('held');
      if ((await readMessage(core, group, target)).state.erasedBy) throw new Refused('gone');
    });
    return 'erased';
  } catch (error) {
    if (error instanceof Refused) return error.outcome;
    throw error;
  }
}
