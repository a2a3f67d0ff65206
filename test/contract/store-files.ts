import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { ExecutionContext, TestFn } from 'ava';
import type { FileRecord } from '../../lib/files/port.ts';
import { type FileId, newFileId, newGroupId, newUserId, randomId, systemRandom } from '../../lib/ids.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';

const NOW = Date.UTC(2026, 0, 2);
/** The size of a GridFS chunk, more than one read from a disk. */
const CHUNK = 261_120;

const aFile = (fields: Partial<FileRecord> = {}): FileRecord => ({
  id: newFileId(systemRandom),
  group: newGroupId(systemRandom),
  author: newUserId(systemRandom),
  name: 'plan.pdf',
  type: 'application/octet-stream',
  bytes: 0,
  sha256: '',
  seq: null,
  key: null,
  createdAt: NOW,
  touchedAt: NOW,
  state: 'coming',
  ...fields,
});

/** Bytes that differ at neighbouring positions. */
const bytes = (count: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: count }, (_, index) => (index * 7 + (index >> 8) * 13) & 255));

async function* pieces(whole: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

async function all(source: AsyncIterable<Uint8Array> | undefined): Promise<Buffer | undefined> {
  if (!source) return undefined;
  const got: Uint8Array[] = [];
  for await (const piece of source) got.push(piece);
  return Buffer.concat(got);
}

async function stored({ files }: Store, content: Uint8Array, fields: Partial<FileRecord> = {}): Promise<FileRecord> {
  const record = aFile(fields);
  await files.begin(record);
  await files.write(record.id, 'whole', pieces(content));
  const facts = { type: 'image/png', bytes: content.length, sha256: 'ab12', width: 3, height: 4, thumb: true } as const;
  await files.finish(record.id, facts);
  return { ...record, ...facts, state: 'stored' };
}

type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

const cases: Readonly<Record<string, Case>> = {
  'files are summed by author and in all, and the largest sums come first': async (t, store) => {
    const [ann, bob] = [newUserId(systemRandom), newUserId(systemRandom)];
    const before = await store.files.usage();
    const group = newGroupId(systemRandom);
    await stored(store, bytes(300_000), { author: ann, group });
    await stored(store, bytes(200_000), { author: ann });
    await stored(store, bytes(400_000), { author: bob });
    t.deepEqual(await store.files.usage(ann), { files: 2, bytes: 500_000 });
    t.deepEqual(await store.files.usage(newUserId(systemRandom)), { files: 0, bytes: 0 });
    const all = await store.files.usage();
    t.true(all.files >= before.files + 3 && all.bytes >= before.bytes + 900_000);
    const people = (await store.files.largest('author', 1000)).filter(({ id }) => id === ann || id === bob);
    t.deepEqual(people, [
      { id: ann, files: 2, bytes: 500_000 },
      { id: bob, files: 1, bytes: 400_000 },
    ]);
    t.deepEqual(
      (await store.files.largest('group', 1000)).find(({ id }) => id === group),
      { id: group, files: 1, bytes: 300_000 },
    );
    t.is((await store.files.largest('author', 1)).length, 1);
  },
  'content without a record is found once it is old, and content with one is not': async (t, store) => {
    const file = await stored(store, bytes(10));
    const lost = newFileId(systemRandom);
    await store.files.write(lost, 'whole', pieces(bytes(10)));
    await store.files.write(lost, 'thumb', pieces(bytes(5)));
    t.false((await store.files.listOrphans(Date.now() - 3_600_000, 1000)).includes(lost), 'it may still be arriving');
    const orphans = await store.files.listOrphans(Date.now() + 3_600_000, 1000);
    t.deepEqual([orphans.includes(lost), orphans.includes(file.id)], [true, false]);
    await store.files.remove(lost);
    t.false((await store.files.listOrphans(Date.now() + 3_600_000, 1000)).includes(lost));
  },
  'what is known of a file comes back as it was noted, also to another process': async (t, store, other) => {
    const coming = aFile({ name: 'ünï “code” $where\\.txt' });
    await store.files.begin(coming);
    t.deepEqual(await other.files.byId(coming.id), coming);
    const file = await stored(store, bytes(10));
    t.deepEqual(await other.files.byId(file.id), file);
    t.is(await store.files.byId(newFileId(systemRandom)), undefined);
  },

  'content comes back exactly, whatever its size, and any range of it': async (t, store, other) => {
    for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17]) {
      const content = bytes(size);
      const { id } = await stored(store, content);
      t.true((await all(await other.files.read(id, 'whole')))?.equals(content), `${size} bytes`);
    }
    const content = bytes(2 * CHUNK + 9);
    const { id } = await stored(store, content);
    for (const [from, to] of [
      [0, 0],
      [5, 5],
      [0, CHUNK - 1],
      [CHUNK - 1, CHUNK],
      [CHUNK, 2 * CHUNK],
      [content.length - 1, content.length - 1],
      [1, content.length - 1],
    ] as const) {
      const got = await all(await store.files.read(id, 'whole', { from, to }));
      t.true(got?.equals(content.subarray(from, to + 1)), `${from}–${to}: ${got?.length} bytes`);
    }
  },

  'the small copy is a part of its own': async (t, store) => {
    const { id } = await stored(store, bytes(20));
    t.is(await store.files.read(id, 'thumb'), undefined);
    await store.files.write(id, 'thumb', pieces(bytes(7)));
    t.deepEqual(await all(await store.files.read(id, 'thumb')), bytes(7));
    t.deepEqual(await all(await store.files.read(id, 'whole')), bytes(20));
  },

  'what fails halfway is not there, its error is told as it is, and it can be removed': async (t, store) => {
    const record = aFile();
    await store.files.begin(record);
    const broken = async function* () {
      yield bytes(2 * CHUNK);
      throw new RangeError('the sender is gone');
    };
    await t.throwsAsync(store.files.write(record.id, 'whole', broken()), { instanceOf: RangeError });
    t.is(await store.files.read(record.id, 'whole'), undefined);
    await store.files.remove(record.id);
    t.is(await store.files.byId(record.id), undefined);
  },

  'a reader may stop, or never begin': async (t, store) => {
    const { id } = await stored(store, bytes(5 * CHUNK));
    const never = await store.files.read(id, 'whole');
    t.truthy(never);
    for await (const piece of (await store.files.read(id, 'whole')) ?? []) {
      t.true(piece.length > 0);
      break;
    }
    const stream = Readable.from((await store.files.read(id, 'whole')) ?? []);
    await once(stream, 'readable');
    stream.destroy();
    t.true((await all(await store.files.read(id, 'whole')))?.equals(bytes(5 * CHUNK)), 'and the next one reads it whole');
  },

  'a claim takes those that are stored, all with one key': async (t, store) => {
    const [one, two, coming] = [await stored(store, bytes(1)), await stored(store, bytes(2)), aFile()];
    await store.files.begin(coming);
    t.is(await store.files.claim([one.id, two.id, coming.id, newFileId(systemRandom)], 'f:k', NOW + 5), 2);
    t.like(await store.files.byId(one.id), { key: 'f:k', touchedAt: NOW + 5, createdAt: NOW });
    t.deepEqual(await store.files.byId(coming.id), coming);
    await store.files.attach([one.id, two.id], 7);
    t.like(await store.files.byId(two.id), { seq: 7, key: 'f:k', state: 'stored' });
  },

  'loose are those without a message, the oldest first; only these can be doomed, and then not claimed': async (t, store) => {
    const group = newGroupId(systemRandom);
    const old = Date.UTC(2001, 0, 1); // a time that no other test uses
    const at = (ms: number): Promise<FileRecord> => stored(store, bytes(1), { group, createdAt: old + ms, touchedAt: old + ms });
    const [second, first, late, held] = [await at(2), await at(1), await at(90), await at(3)];
    await store.files.attach([held.id], 4);
    const loose = async (limit: number): Promise<FileId[]> => (await store.files.listUnattached(old + 50, limit)).map(({ id }) => id);
    t.deepEqual(await loose(9), [first.id, second.id]);
    t.deepEqual(await loose(1), [first.id]);
    t.false(await store.files.claimForRemoval(held), 'a message has it');
    t.false(await store.files.claimForRemoval({ ...late, touchedAt: old + 89 }), 'it was touched since');
    t.is(await store.files.claim([late.id], 'another', old + 90), 1);
    t.false(await store.files.claimForRemoval(late), 'it was tried to be posted since');
    t.true(await store.files.claimForRemoval({ ...late, key: 'another' }));
    t.true(await store.files.claimForRemoval(first));
    t.like((await store.files.listUnattached(old + 50, 1))[0], { id: first.id, state: 'doomed' }, 'until it is gone it is found');
    t.is(await store.files.claim([first.id, second.id], 'k', old + 51), 1);
    t.deepEqual(await loose(9), [first.id]);
    for (const { id } of [first, second, late]) await store.files.remove(id);
  },

  "removed is removed: content, small copy and record, however often, and nobody else's": async (t, store, other) => {
    const [gone, stays] = [await stored(store, bytes(CHUNK * 2)), await stored(store, bytes(9))];
    await store.files.write(gone.id, 'thumb', pieces(bytes(3)));
    for (let time = 0; time < 2; time += 1) await store.files.remove(gone.id);
    for (const part of ['whole', 'thumb'] as const) t.is(await other.files.read(gone.id, part), undefined);
    t.is(await other.files.byId(gone.id), undefined);
    t.deepEqual(await all(await other.files.read(stays.id, 'whole')), bytes(9));
  },

  'ten that come at once do not mix': async (t, store) => {
    const contents = Array.from({ length: 10 }, (_, index) => Buffer.alloc(CHUNK + index, randomId(systemRandom)));
    const files = await Promise.all(contents.map((content) => stored(store, content)));
    for (const [index, { id }] of files.entries())
      t.true((await all(await store.files.read(id, 'whole')))?.equals(contents[index] ?? Buffer.of()));
  },
};

/** Registers the tests that every adapter's files pass. */
export function filesContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: files: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: files: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries(cases))
    test(`${name}: files: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}
