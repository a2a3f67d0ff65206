import type { User } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { withTitle } from '../../groups/direct.ts';
import type { Group, Membership } from '../../groups/port.ts';
import type { GroupId } from '../../ids.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import type { ThreadSummary } from '../../log/port.ts';
import { foldMessages } from '../../log/window.ts';
import type { Follow } from './port.ts';

/** Threads of a user that are listed, at most: those that they followed last. */
const MAX_LISTED = 1000;
/** Unread replies that are counted, at most. */
const MAX_COUNTED = 100;

/** A thread that a user follows. `group` has the title that the user sees. `unread`: replies by others that the user has seen neither in the group nor in the thread, 100 at most. */
export type FollowedThread = {
  readonly group: Group;
  readonly root: FoldedMessage;
  readonly summary: ThreadSummary;
  readonly unread: number;
};

/** The place of a thread in the list: the time (ms) of its last reply, its group and the seq of its root. */
export type ThreadPosition = { readonly at: number; readonly group: GroupId; readonly seq: number };

type Summarized = { readonly follow: Follow; readonly summary: ThreadSummary; readonly membership: Membership };

/**
 * A page of the threads that a user follows in their groups and that have replies, the last reply first. `next`: the position of its last thread, when
 * there are more. Errors: StoreUnavailable.
 */
export async function readFollowed(
  core: Core,
  user: User,
  { limit, after }: { readonly limit: number; readonly after?: ThreadPosition | undefined },
): Promise<{ readonly threads: readonly FollowedThread[]; readonly next: ThreadPosition | undefined }> {
  const all = (await summarize(core, user)).toSorted((a, b) => compare(positionOfThread(b), positionOfThread(a)));
  const rest = after ? all.filter((one) => compare(positionOfThread(one), after) < 0) : all;
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { threads: await fill(core, user, page), next: last && rest.length > limit ? positionOfThread(last) : undefined };
}

const positionOfThread = ({ follow: { group, root }, summary: { lastAt } }: Summarized): ThreadPosition => ({
  at: lastAt,
  group,
  seq: root,
});

function compare(a: ThreadPosition, b: ThreadPosition): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.group !== b.group) return a.group < b.group ? -1 : 1;
  return a.seq - b.seq;
}

/** With one read for each group that has followed threads. */
async function summarize(core: Core, user: User): Promise<Summarized[]> {
  const [follows, memberships] = await Promise.all([
    core.store.follows.listOf(user.id, MAX_LISTED),
    core.store.memberships.ofUser(user.id),
  ]);
  const mine = new Map(memberships.map((membership) => [membership.group, membership]));
  const byGroup = [...Map.groupBy(follows, ({ group }) => group)].filter(([group]) => mine.has(group));
  const found = byGroup.map(async ([group, some]) => {
    const summaries = await core.store.log.threads(
      group,
      some.map(({ root }) => root),
    );
    return some.flatMap((follow) => {
      const [summary, membership] = [summaries.get(follow.root), mine.get(group)];
      return summary && membership ? [{ follow, summary, membership }] : [];
    });
  });
  return (await Promise.all(found)).flat();
}

/** Adds the groups, the folded roots and the counts: two reads for each group, and one for each thread with replies after its mark. */
async function fill(core: Core, user: User, page: readonly Summarized[]): Promise<FollowedThread[]> {
  const byGroup = Map.groupBy(page, ({ follow }) => follow.group);
  const groups = await core.store.groups.byIds([...byGroup.keys()]);
  const filled = await Promise.all(
    groups.map(async (group) => {
      const some = byGroup.get(group.id) ?? [];
      const roots = some.map(({ follow }) => follow.root);
      const [named, messages] = await Promise.all([withTitle(core, user.id, group), core.store.log.messagesAt(group.id, roots)]);
      const folded = new Map((await foldMessages(core, group.id, messages)).map((one) => [one.message.seq, one]));
      return Promise.all(
        some.map(async (one) => {
          const root = folded.get(one.follow.root);
          return root ? ([one, { group: named, root, summary: one.summary, unread: await countUnread(core, one) }] as const) : undefined;
        }),
      );
    }),
  );
  const threads = new Map(filled.flat().flatMap((one) => (one ? [one] : [])));
  return page.flatMap((one) => threads.get(one) ?? []);
}

async function countUnread(core: Core, { follow, summary, membership }: Summarized): Promise<number> {
  const { user, group, root, read } = follow;
  if (summary.lastSeq <= read) return 0;
  const newest = await core.store.log.replies(group, root, { before: Number.MAX_SAFE_INTEGER, limit: MAX_COUNTED });
  return newest.filter(({ seq, n, author }) => seq > read && n > membership.mark && author !== user).length;
}
