import { type GroupId, newGroupId, newUid, newUserId, systemRandom } from '../../lib/ids.ts';
import { type Draft, EMPTY_HEAD, type Entry, type EntryBody, entryAfter, headAfter } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Case } from './store-pins.ts';

const somebody = newUserId(systemRandom);
const SAYS: EntryBody = { kind: 'message', body: 'hi', format: 'text' };
const answers = (replyTo: number, thread: number): EntryBody => ({ ...SAYS, replyTo, thread }) as EntryBody;

/** Appends entries, `at` 1000 and so on. */
async function logged(store: Store, group: GroupId, ...bodies: readonly EntryBody[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const [index, body] of bodies.entries()) {
    const last = entries.at(-1);
    const draft = { author: somebody, uid: newUid(systemRandom), ...body } as Draft;
    entries.push(entryAfter(draft, group, last ? headAfter(last) : EMPTY_HEAD, (index + 1) * 1000));
  }
  const { written } = await store.log.append(group, entries);
  if (written !== entries.length) throw new Error('the log was not written');
  return entries;
}

export const threads: Record<string, Case> = {
  'threads: the replies of a root are found in order, from both sides, of this group alone': async (t, store, other) => {
    const [group, elsewhere] = [newGroupId(systemRandom), newGroupId(systemRandom)];
    const log = await logged(store, group, SAYS, answers(1, 1), SAYS, answers(2, 1), answers(3, 3), answers(4, 1));
    await logged(store, elsewhere, SAYS, answers(1, 1));
    const replies = [log[1], log[3], log[5]];
    t.deepEqual(await other.log.replies(group, 1, { after: 0, limit: 9 }), replies as never);
    t.deepEqual(await store.log.replies(group, 1, { after: 2, limit: 1 }), [log[3]] as never);
    t.deepEqual(await store.log.replies(group, 1, { before: 99, limit: 2 }), [log[3], log[5]] as never);
    t.deepEqual(await store.log.replies(group, 1, { before: 4, limit: 9 }), [log[1]] as never);
    t.deepEqual(await store.log.replies(group, 2, { after: 0, limit: 9 }), [], 'a thread has the seq of its root');
  },
  'threads: are counted by their roots, with the last reply': async (t, store, other) => {
    const group = newGroupId(systemRandom);
    await logged(store, group, SAYS, answers(1, 1), SAYS, answers(2, 1), answers(3, 3), SAYS, { kind: 'erase', target: 4, undoUntil: 1 });
    t.deepEqual(
      await other.log.threads(group, [6, 1, 3, 1, 77]),
      new Map([
        [1, { replies: 2, lastSeq: 4, lastAt: 4000 }],
        [3, { replies: 1, lastSeq: 5, lastAt: 5000 }],
      ]),
    );
    t.deepEqual(await store.log.threads(group, []), new Map());
    const many = Array.from({ length: 1000 }, (_, index) => index + 1);
    t.is((await store.log.threads(group, many)).size, 2);
  },
  'threads: messages are read by their seqs': async (t, store, other) => {
    const group = newGroupId(systemRandom);
    const log = await logged(store, group, SAYS, answers(1, 1), { kind: 'erase', target: 1, undoUntil: 1 }, SAYS);
    t.deepEqual(await other.log.messagesAt(group, [4, 3, 2, 99]), [log[1], log[3]] as never);
    t.deepEqual(await store.log.messagesAt(group, []), []);
  },
};
