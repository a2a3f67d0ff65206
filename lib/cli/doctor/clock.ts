import type { Core } from '../../core.ts';
import { groupPages } from '../../groups/every-group.ts';
import { isAhead } from '../../log/entry.ts';
import type { Finding } from './checks.ts';

const MAX_NAMED = 5;

type Ahead = { readonly slug: string; readonly at: number };

/** Checks whether the last entry of a group is in the future, because the clock of a server was ahead. */
export async function checkClock(core: Core): Promise<Finding> {
  const ahead: Ahead[] = [];
  for await (const group of groupsAhead(core)) ahead.push(group);
  if (ahead.length === 0) return { detail: 'no group has an entry with a time in the future' };
  const named = ahead.slice(0, MAX_NAMED).map(({ slug, at }) => `${slug} until ${new Date(at).toISOString()}`);
  const more = ahead.length > MAX_NAMED ? `, and ${ahead.length - MAX_NAMED} more` : '';
  return {
    detail: `groups with an entry in the future give new entries the same time: ${named.join(', ')}${more}`,
    mend: 'Synchronise the clock of every server by NTP. Until the time shown, new entries of the group get that time; order, unread counts and streams are not affected.',
    isWarning: true,
  };
}

async function* groupsAhead(core: Core): AsyncGenerator<Ahead> {
  for await (const page of groupPages(core.store)) {
    const heads = await core.store.log.heads(page.map(({ id }) => id));
    for (const { id, slug, kind } of page) {
      const head = heads.get(id);
      if (head && isAhead(head, core.now())) yield { slug: kind === 'direct' ? 'direct messages' : slug, at: head.at };
    }
  }
}
