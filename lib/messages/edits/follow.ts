import type { Core, Decide } from '../../core.ts';
import { checkRate, currentAccess, requireMember } from '../../groups/admission.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { newUid } from '../../ids.ts';
import type { Draft, FollowUpBody } from '../../log/entry.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';

/** Resolves to whether the follow-up changes anything; throws to refuse it. */
export type Rule = (at: GroupAccess, folded: FoldedMessage) => boolean | Promise<boolean>;

class NoChange extends Error {}

/** Appends a follow-up, unless its rule finds that it changes nothing; resolves to the folded message. The rule is checked again when another writer appended in between. */
export async function follow(
  core: Core,
  at: GroupAccess,
  body: FollowUpBody,
  rule: Rule,
  key: Pick<Draft, 'key' | 'mac'> = {},
): Promise<FoldedMessage> {
  requireMember(at);
  await checkRate(core, at.user.id);
  const decide: Decide = async () => {
    const now = await currentAccess(core, at);
    requireMember(now);
    if (!(await rule(now, await readMessage(core, at.group.id, body.target)))) throw new NoChange();
  };
  try {
    const draft = { ...body, author: at.user.id, uid: newUid(core.random), ...key };
    await core.appender.append(at.group.id, draft, decide);
  } catch (error) {
    if (!(error instanceof NoChange)) throw error;
  }
  return readMessage(core, at.group.id, body.target);
}
