import type { Entry, Kind } from '../log/entry.ts';
import type { Sealer } from './sealed.ts';
import { type Change, type Fields, mapTexts, opening } from './texts.ts';

/** Shown in place of a text that cannot be decrypted. */
export const UNREADABLE = 'This text cannot be decrypted.';

const FIELDS: { readonly [K in Kind]?: Fields } = {
  message: { body: 'text', as: 'text', attachments: 'json', actions: 'json', folded: 'folded' },
  edit: { body: 'text', attachments: 'json', actions: 'json' },
  act: { label: 'text', value: 'text', values: 'json', original: 'json' },
  command: { text: 'text' },
  topic: { topic: 'text' },
};

/** Applies `change` to the texts of an entry, as it is stored. */
export function mapEntry<E extends Entry>(entry: E, change: Change): E {
  const fields = FIELDS[entry.kind];
  return fields ? mapTexts(entry, fields, `log/${entry.group}/${entry.seq}/${entry.kind}`, change) : entry;
}

/**
 * Decrypts an entry. A body that cannot be decrypted becomes UNREADABLE, a topic, a label or the text of a command empty; a sender name, files, actions,
 * values, names of other chats and a snapshot
 * are left out: without its snapshot a message is folded from its follow-ups.
 */
export function openEntry<E extends Entry>(entry: E, sealer: Sealer): E {
  const opened: Record<string, unknown> = mapEntry(entry, opening(sealer));
  if (opened === entry) return entry;
  if ((entry.kind === 'message' || entry.kind === 'edit') && opened.body === undefined) {
    opened.body = UNREADABLE;
    opened.format = 'text';
  }
  if (entry.kind === 'topic') opened.topic ??= '';
  if (entry.kind === 'act') opened.label ??= '';
  if (entry.kind === 'command') opened.text ??= '';
  return opened as E;
}
