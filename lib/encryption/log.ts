import type { Entry } from '../log/entry.ts';
import type { LogStore } from '../log/port.ts';
import { mapEntry, openEntry, UNREADABLE } from './entries.ts';
import type { Sealer } from './sealed.ts';
import { sealing } from './texts.ts';

/** A log store whose texts are sealed. */
export function encryptedLog(log: LogStore, sealer: Sealer): LogStore {
  const seal = sealing(sealer);
  const open = <E extends Entry>(entry: E): E => openEntry(entry, sealer);
  const opened = async <E extends Entry>(reading: Promise<E[]>): Promise<E[]> => (await reading).map(open);
  const openedOne = async <E extends Entry>(reading: Promise<E | undefined>): Promise<E | undefined> => {
    const entry = await reading;
    return entry && open(entry);
  };
  return {
    ...log,
    append: (group, entries) =>
      log.append(
        group,
        entries.map((entry) => mapEntry(entry, seal)),
      ),
    range: (group, from, to) => opened(log.range(group, from, to)),
    systemEntries: (group, from, to) => opened(log.systemEntries(group, from, to)),
    messages: (group, from, to) => opened(log.messages(group, from, to)),
    messagesAt: (group, seqs) => opened(log.messagesAt(group, seqs)),
    replies: (group, root, window) => opened(log.replies(group, root, window)),
    message: (group, seq) => openedOne(log.message(group, seq)),
    followUps: (group, targets) => opened(log.followUps(group, targets)),
    edits: (group, target, window) => opened(log.edits(group, target, window)),
    byKey: (group, author, key) => openedOne(log.byKey(group, author, key)),
    lastEdit: (group, target, before) => openedOne(log.lastEdit(group, target, before)),
    dueScrubs: (now, limit, held) => opened(log.dueScrubs(now, limit, held)),
    listPending: (limit) => opened(log.listPending(limit)),
    async snapshot(group, target, folded) {
      if (folded.body === UNREADABLE) return; // it would take the place of the text, should that be restored
      await log.snapshot(group, target, seal(folded, 'folded', `log/${group}/${target}/message/folded/${folded.upto}`) as typeof folded);
    },
  };
}
