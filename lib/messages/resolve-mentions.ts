import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Format } from '../log/entry.ts';
import { EVERYBODY, findMentions } from '../markup/mentions.ts';
import { bodyAsProse } from '../markup/rich-content-text.ts';
import { CONFIRM_BROADCAST_ABOVE } from './rules.ts';

/**
 * The format of a body, and whether its `@all` may notify a large group (see Post). `besides`: who is notified like somebody whom the body
 * mentions: the author of the message that it answers, and the followers of its thread.
 */
type MentionOptions = { readonly format?: Format; readonly notifyAll?: boolean | 'ask'; readonly besides?: readonly UserId[] };

/** The members whom a message notifies; no read without `@`. Errors: `invalid` (notify_all): the author must confirm. */
export async function mentionsIn(
  core: Core,
  at: GroupAccess,
  body: string,
  { format = 'text', notifyAll, besides = [] }: MentionOptions,
): Promise<{ mentions?: UserId[] }> {
  const others = [...new Set(besides)].filter((id) => id !== at.user.id);
  if (!body.includes('@')) return others.length > 0 ? { mentions: others } : {};
  const members = await core.store.memberships.ofGroup(at.group.id);
  const profiles = await core.directory.profiles(members.map((member) => member.user));
  const isFew = members.length <= CONFIRM_BROADCAST_ABOVE;
  const everybody = isFew || notifyAll ? [EVERYBODY] : []; // first, so that a member with that name has precedence
  const found = findMentions(bodyAsProse(body, format), [...everybody, ...profiles.values()]);
  const mentions = [...new Set([...others, ...found.map((mention) => mention.id)])];
  if (!isFew && notifyAll === 'ask' && mentions.includes(EVERYBODY.id))
    throw invalid('notify_all', t`Notify all ${members.length} members?`);
  return mentions.length > 0 ? { mentions } : {};
}
