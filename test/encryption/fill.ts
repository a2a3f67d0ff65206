import { createHash } from 'node:crypto';
import { createAccount } from '../../lib/accounts/operations.ts';
import type { Core } from '../../lib/core.ts';
import { addMember, insertGroup } from '../../lib/groups/operations.ts';
import { type FileId, type GroupId, newFileId, systemRandom, type UserId } from '../../lib/ids.ts';
import type { Draft } from '../../lib/log/entry.ts';
import { readMessage } from '../../lib/log/history.ts';
import { textDraft } from '../helpers/core-fixture.ts';

/** One word for each kind of text that `fill` stores. */
export const WORDS = {
  message: 'zebrafish',
  edited: 'marmalade',
  snapshot: 'quicksilver',
  rich: 'tangerine',
  sender: 'Hobgoblin',
  topic: 'periwinkle',
  pendingTopic: 'gooseberry',
  fileName: 'rhubarb',
  content: 'kaleidoscope',
  thumbnail: 'windowsill',
  url: 'nutcracker',
  keyword: 'dragonfly',
  answer: 'butterscotch',
  reason: 'thunderbolt',
  scheduled: 'cinnamon',
} as const;

export const ALL = Object.values(WORDS);

export type Filled = {
  readonly group: GroupId;
  readonly ann: UserId;
  readonly file: FileId;
  readonly content: Buffer;
  readonly edited: number;
};

/** Stores a text of every kind, beside `count` messages. */
export async function fill(core: Core, count = 20): Promise<Filled> {
  const now = core.now();
  const ann = await createAccount(core, { name: `Ann${Math.trunc(performance.now() * 1000)}`, password: null });
  const { id } = await insertGroup(core, `Kitchen ${performance.now()}`, true);
  const group = await core.store.groups.byId(id);
  if (!group) throw new Error('the group was not created');
  await addMember(core, ann.id, group, ann, 'moderator');
  const append = (draft: object) => core.appender.append(id, textDraft(ann.id, '', draft as Partial<Draft>));
  for (let k = 0; k < count; k += 1) await append({ body: `${WORDS.message} ${k}` });
  const model = JSON.stringify({ text: WORDS.rich, cards: [] });
  await append({ body: model, format: 'model', as: WORDS.sender });
  const { seq: edited } = await append({ body: 'first' });
  for (let k = 0; k < 33; k += 1) await append({ kind: 'edit', target: edited, body: `${WORDS.snapshot} ${k}` });
  await readMessage(core, id, edited); // stores a snapshot
  await append({ kind: 'edit', target: edited, body: WORDS.edited });
  await append({ kind: 'topic', topic: WORDS.topic });
  const line = textDraft(ann.id, '', { kind: 'topic', topic: WORDS.pendingTopic, key: 't1' } as Partial<Draft>) as Draft & { key: string };
  await core.store.groups.update(id, { topic: WORDS.topic }, { line, at: now });
  await core.store.webhooks.put({
    ...{
      bot: ann.id,
      url: `http://127.0.0.1/${WORDS.url}`,
      on: 'keyword',
      keywords: [WORDS.keyword],
      events: ['posted'],
      secrets: 'sealed',
    },
    ...{ disabled: null, failingSince: null, createdAt: now, rev: 1 },
  });
  const attempt = { at: now, status: 500, ms: 3, error: WORDS.reason, answer: WORDS.answer, answerBytes: 2 };
  await core.store.deliveries.insert([
    {
      ...{ id: `d-${id}`, bot: ann.id, group: id, seq: 2, message: 2, reply: null, event: 'posted', state: 'failed' },
      ...{ reason: WORDS.reason, due: now, tries: 1, attempts: [attempt], createdAt: now, finishedAt: now, rev: 2 },
    },
  ]);
  const later = { due: now + 3_600_000, claimedUntil: null, tries: 0, failure: null, mac: null, rev: 1 };
  await core.store.scheduled.insert({
    ...{ id: `s-${id}`, author: ann.id, group: id, kind: 'message', body: WORDS.scheduled, format: 'text', at: later.due, createdAt: now },
    ...later,
  });
  const file = newFileId(systemRandom);
  const content = Buffer.from(WORDS.content.repeat(20_000));
  const attached = {
    id: file,
    name: `${WORDS.fileName}.png`,
    type: 'image/png',
    bytes: content.length,
    width: 2,
    height: 1,
    thumb: true,
  } as const;
  await core.store.files.begin({
    ...{ ...attached, group: id, author: ann.id, seq: null, key: null, sha256: '', createdAt: now, touchedAt: now, state: 'coming' },
  });
  await core.store.files.write(file, 'whole', pieces(content));
  await core.store.files.write(file, 'thumb', pieces(Buffer.from(WORDS.thumbnail)));
  const { type, bytes, width, height, thumb } = attached;
  await core.store.files.finish(file, { type, bytes, width, height, thumb, sha256: createHash('sha256').update(content).digest('hex') });
  const { seq } = await append({ body: 'a file', attachments: [attached] });
  await core.store.files.attach([file], seq);
  await core.indexer.catchUp([{ id, head: await core.store.log.head(id) }]);
  return { group: id, ann: ann.id, file, content, edited };
}

export async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 50_000) yield content.subarray(at, at + 50_000);
}
