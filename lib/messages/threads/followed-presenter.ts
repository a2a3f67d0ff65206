import type { Core } from '../../core.ts';
import { threadUrl } from '../links.ts';
import { messageJson } from '../presenter.ts';
import { dateFields } from '../system-message.ts';
import type { RowContext } from './context.ts';
import type { FollowedThread } from './followed.ts';
import { presentTarget } from './related.ts';

/** Whether a user follows a thread, as JSON. `url`: the path of its page. */
export const followJson = (follows: boolean, url: string) => ({ follows, url });

/** For templates/messages/threads.njk. */
export async function presentFollowed(core: Core, { group, root, summary, unread }: FollowedThread, { profiles }: RowContext) {
  const { slug, name } = group;
  return {
    group: { slug, name },
    root: await presentTarget(core, root, profiles),
    ...{ replies: summary.replies, iso: dateFields(summary.lastAt).iso, unread, url: threadUrl(group, root.message.seq) },
  };
}

/** A followed thread as JSON: its first message, with the thread's own fields. */
export const followedJson = async (core: Core, { group, root, unread }: FollowedThread, context: RowContext) => ({
  ...(await messageJson(core, root, group, context)),
  ...{ group_name: group.name, unread, context: core.config.basePath + threadUrl(group, root.message.seq) },
});

/** As text: `slug #seq name: text (7 replies, 2 new)`. */
export async function followedText(
  core: Core,
  { group, root, summary, unread }: FollowedThread,
  { profiles }: RowContext,
): Promise<string> {
  const { seq, name, text, erased } = await presentTarget(core, root, profiles);
  return `${group.slug} #${seq} ${name}: ${erased ? '(erased)' : text} (replies: ${summary.replies}, new: ${unread})\n`;
}
