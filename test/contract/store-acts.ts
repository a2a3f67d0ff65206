import { type GroupId, newGroupId, newUid, newUserId, systemRandom } from '../../lib/ids.ts';
import { type Draft, EMPTY_HEAD, type Entry, type EntryBody, entryAfter, headAfter } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Case } from './store-pins.ts';

const [somebody, bot] = [newUserId(systemRandom), newUserId(systemRandom)];
const OFFERS: EntryBody = {
  kind: 'message',
  body: 'secret',
  format: 'text',
  actions: [
    {
      id: 'ok',
      label: 'secret label',
      uses: 'many',
      show: 'names',
      original: { action: 'secret' },
      integration: { url: 'secret', type: 'button' },
    },
  ],
};
const EDIT: EntryBody = { kind: 'edit', target: 1, body: 'secret', format: 'text', actions: [] };
const acts = (target: number, values: Readonly<Record<string, string>> = { why: 'secret' }): EntryBody => ({
  ...{ kind: 'act', target, action: 'ok', label: 'secret label', value: 'secret value' },
  ...{ values, bot, original: { action: 'ok', value: 'secret', fields: { why: 'secret' } } },
});

async function logged(store: Store, group: GroupId, ...bodies: readonly EntryBody[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const body of bodies) {
    const last = entries.at(-1);
    const draft = { author: somebody, uid: newUid(systemRandom), ...body } as Draft;
    entries.push(entryAfter(draft, group, last ? headAfter(last) : EMPTY_HEAD, 1));
  }
  const { written } = await store.log.append(group, entries);
  if (written !== entries.length) throw new Error('the log was not written');
  return entries;
}

/** As scrubbing leaves the use of an action. */
const emptied = (entry: Entry | undefined): object => {
  const {
    value: _value,
    values: _values,
    original: _original,
    ...rest
  } = { value: undefined, values: undefined, original: undefined, ...entry };
  return { ...rest, label: '', scrubbed: true };
};

export const used: Record<string, Case> = {
  'actions: with a message, its actions and what was typed into them are scrubbed, those of no other': async (t, store, other) => {
    const [group, elsewhere] = [newGroupId(systemRandom), newGroupId(systemRandom)];
    const erase: EntryBody = { kind: 'erase', target: 1, undoUntil: 1, due: 2 };
    const log = await logged(store, group, OFFERS, OFFERS, acts(1), EDIT, acts(2), acts(1, {}), erase);
    const kept = await logged(store, elsewhere, OFFERS, OFFERS, acts(1));
    await store.log.scrub(group, 1, 7);
    const [first, second, third, edit, fifth, sixth] = await other.log.range(group, 1, 6);
    t.deepEqual([second, fifth], [log[1], log[4]]);
    t.deepEqual([third, sixth] as object[], [emptied(log[2]), emptied(log[5])]);
    for (const entry of [first, edit]) t.false('actions' in (entry ?? {}));
    t.false(JSON.stringify([first, third, edit, sixth]).includes('secret'));
    t.deepEqual(await other.log.range(elsewhere, 1, 3), kept);
    await store.log.scrub(group, 1, 7);
    t.deepEqual((await store.log.range(group, 3, 3)) as object[], [emptied(log[2])], 'repeats harmlessly');
  },
  'actions: what was typed in single uses is scrubbed, and nothing else by those seqs': async (t, store, other) => {
    const [group, elsewhere] = [newGroupId(systemRandom), newGroupId(systemRandom)];
    const log = await logged(store, group, OFFERS, acts(1), acts(1), acts(1));
    const kept = await logged(store, elsewhere, OFFERS, acts(1), acts(1));
    await store.log.scrubActs(group, [1, 2, 4, 99]);
    await store.log.scrubActs(group, [2]);
    await store.log.scrubActs(group, []);
    t.deepEqual((await other.log.range(group, 1, 4)) as object[], [log[0], emptied(log[1]), log[2], emptied(log[3])] as object[]);
    t.deepEqual(await other.log.range(elsewhere, 1, 3), kept);
    const many = Array.from({ length: 250 }, (_, index) => index + 3);
    await store.log.scrubActs(group, many);
    t.deepEqual((await other.log.range(group, 3, 3)) as object[], [emptied(log[2])]);
  },
};
