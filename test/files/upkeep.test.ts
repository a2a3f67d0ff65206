import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Core } from '../../lib/core.ts';
import { claim, openFile, type Stored, storeFile } from '../../lib/files/operations.ts';
import { FileSweep, LOOSE_MS } from '../../lib/files/sweep.ts';
import type { FileId } from '../../lib/ids.ts';
import { scrubDue } from '../../lib/log/scrub.ts';
import * as operations from '../../lib/messages/operations.ts';
import { SCRUB_GRACE_MS, UNDO_MS } from '../../lib/messages/rules.ts';
import { postWithFiles } from '../../lib/messages/with-files.ts';
import { accessOf, openTestCore, type TestCore, wholeLog } from '../helpers/core-fixture.ts';
import { Faults, faultyCore } from '../helpers/faulty-store.ts';
import { isMissing, requireOrSkip, type Service } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';
import { newImage } from './fixtures.ts';

const mongo = await mongoForFile();
const mongoTest = requireOrSkip(test, mongo);

/** Sweeps as a process would that has known all files for long enough. */
const sweepFiles = (core: Core): Promise<number> => new FileSweep(core, { unchangedMs: 0 }).run();

async function* whole(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

type OpenFiles = TestCore & {
  readonly store: (content: string | Uint8Array, name?: string) => Promise<Stored>;
  readonly post: typeof postWithFiles;
};

async function openFiles(t: ExecutionContext, service?: Service): Promise<OpenFiles> {
  const opened = await openTestCore(t, service);
  const store = async (content: string | Uint8Array, name = 'a.txt') =>
    storeFile(opened.core, await accessOf(opened.core, opened.bob, opened.group), whole(content), { name });
  return { ...opened, store, post: postWithFiles };
}

/** The readable parts of a file: text, thumbnail, record. */
async function left({ store }: Core, id: FileId): Promise<{ text: string | undefined; thumb: boolean; record: boolean }> {
  const pieces: Uint8Array[] = [];
  const content = await store.files.read(id, 'whole');
  for await (const piece of content ?? []) pieces.push(piece);
  const text = content ? Buffer.concat(pieces).toString() : undefined;
  return { text, thumb: (await store.files.read(id, 'thumb')) !== undefined, record: (await store.files.byId(id)) !== undefined };
}
const NOTHING = { text: undefined, thumb: false, record: false };

const cases: Record<string, (t: ExecutionContext, service?: Service) => Promise<void>> = {
  'a file that no message took is swept after an hour; one that a message has stays': async (t, service) => {
    const { core, clock, group, bob, store, post } = await openFiles(t, service);
    const [lost, kept] = [await store('lost'), await store('kept')];
    await post(core, await accessOf(core, bob, group), { body: '' }, [kept]);
    clock.turn(LOOSE_MS);
    t.is(await sweepFiles(core), 0, 'its hour is not over');
    clock.turn(1);
    t.is(await sweepFiles(core), 1);
    t.deepEqual(await left(core, lost.id), NOTHING);
    t.is((await left(core, kept.id)).text, 'kept');
    await t.throwsAsync(openFile(core, lost.id), { message: /Not found/ });
    t.is(await sweepFiles(core), 0);
  },

  'a server whose clock is far ahead removes no file that another is about to post, however long that takes': async (t, service) => {
    const { core, clock, group, bob, store } = await openFiles(t, service);
    let elapsed = 0;
    const ahead = { ...core, now: () => clock.now() + 3 * LOOSE_MS };
    const sweep = new FileSweep(ahead, { elapsed: () => elapsed });
    const [posted, kept, lost] = [await store('posted'), await store('kept'), await store('lost')];
    t.is(await sweep.run(), 0);
    elapsed += LOOSE_MS;
    await claim(core, [kept], 'another attempt'); // the response was lost, and the client may retry
    const faults = new Faults();
    faults.appends.push(async () => t.is(await sweep.run(), 1, 'between the claim and the append only what nobody posts is removed'));
    await postWithFiles(faultyCore(core, faults), await accessOf(core, bob, group), { body: '' }, [posted]);
    for (const { id } of [posted, kept]) t.truthy((await left(core, id)).text);
    t.deepEqual(await left(core, lost.id), NOTHING);
    elapsed += LOOSE_MS;
    t.is(await sweep.run(), 1, 'what was given up is removed later');
    t.deepEqual(await left(core, kept.id), NOTHING);
    t.is((await left(core, posted.id)).text, 'posted');
  },

  'when the answer of the log is lost, the file stays until it is known whether a message has it': async (t, service) => {
    const { core, clock, group, bob, store } = await openFiles(t, service);
    const faults = new Faults();
    const open = faultyCore(core, faults);
    const files = { ...open.store.files, attach: () => Promise.reject(new Error('the process died')) };
    const faulty = { ...open, store: { ...open.store, files } };
    const at = await accessOf(core, bob, group);
    const written = await store('written');
    faults.appends.push('lost');
    const { message } = await postWithFiles(faulty, at, { body: 'x' }, [written]);
    t.is((await core.store.files.byId(written.id))?.seq, null, 'nobody has noted whose it is');
    t.is((await openFile(core, written.id)).seq, message.seq, 'who asks finds out');
    t.is((await core.store.files.byId(written.id))?.seq, message.seq);
    const second = await store('written too');
    await postWithFiles(faulty, at, { body: 'y' }, [second]);
    clock.turn(LOOSE_MS + 1);
    t.is(await sweepFiles(core), 0, 'so does the sweep');
    t.is((await left(core, second.id)).text, 'written too');
  },

  'a post that is refused takes its files with it; one of which nobody knows leaves them to the sweep': async (t, service) => {
    const { core, clock, group, bob, eve, store } = await openFiles(t, service);
    const refused = await store('refused');
    await t.throwsAsync(postWithFiles(core, await accessOf(core, eve, group), { body: '' }, [refused]));
    t.deepEqual(await left(core, refused.id), NOTHING);
    const faults = new Faults();
    const faulty = faultyCore(core, faults);
    const unknown = await store('unknown');
    faults.appends.push(...Array.from({ length: 1000 }, () => 'dropped' as const));
    await t.throwsAsync(postWithFiles(faulty, await accessOf(core, bob, group), { body: '' }, [unknown]), { message: /does not answer/ });
    t.is((await left(core, unknown.id)).text, 'unknown');
    clock.turn(LOOSE_MS + 1);
    t.is(await sweepFiles(core), 1);
    t.deepEqual(await left(core, unknown.id), NOTHING);
  },

  'with the text of an erased message its files go for good, also after a sweep that died halfway': async (t, service) => {
    const { core, clock, group, bob, store } = await openFiles(t, service);
    const at = await accessOf(core, bob, group);
    const image = await newImage(90, 60).png().toBuffer();
    const files = [await store('secret', 'secret-plan.txt'), await store(image, 'secret.png'), await store('third', 'third.txt')];
    const { message } = await postWithFiles(core, at, { body: 'text' }, files);
    const { message: other } = await postWithFiles(core, at, { body: 'stays' }, [await store('stays')]);
    t.true((await left(core, files[1]?.id as FileId)).thumb);
    await operations.edit(core, at, message.seq, 'edited');
    await operations.erase(core, at, message.seq);
    clock.turn(UNDO_MS + SCRUB_GRACE_MS);
    const { remove } = core.store.files;
    let count = 0;
    const dies = async (id: FileId): Promise<void> => {
      count += 1;
      if (count === 2) throw new Error('the process died');
      await remove(id);
    };
    Object.assign(core.store, { files: { ...core.store.files, remove: dies } });
    await t.throwsAsync(scrubDue(core), { message: /died/ });
    Object.assign(core.store, { files: { ...core.store.files, remove } });
    t.is((await left(core, files[2]?.id as FileId)).text, 'third');
    t.is(await scrubDue(core), 1, 'the next one begins again');
    for (const { id } of files) t.deepEqual(await left(core, id), NOTHING);
    t.false(/secret/.test(JSON.stringify(await wholeLog(core, group.id))), 'nor is their name left');
    t.is((await left(core, other.attachments?.[0]?.id as FileId)).text, 'stays');
  },
};

for (const [title, run] of Object.entries(cases)) {
  test(`sqlite: ${title}`, (t) => run(t));
  mongoTest.serial(`mongo: ${title}`, (t) => run(t, isMissing(mongo) ? undefined : mongo));
}

test('sqlite: removed files leave nothing on the disk', async (t) => {
  const { core, clock, file, store } = await openFiles(t);
  const { id } = await store(await newImage(90, 60).png().toBuffer(), 'a.png');
  const folder = join(file, '..', 'files');
  const names = () => readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((one) => (one.isFile() ? [one.name] : []));
  t.deepEqual(names().sort(), [id, `${id}.thumb`]);
  clock.turn(LOOSE_MS + 1);
  await sweepFiles(core);
  t.deepEqual(names(), []);
});

test('file sweep: two concurrent sweeps and a post between them agree', async (t) => {
  const { core, clock, group, bob, store, second } = await openFiles(t);
  const other = await second();
  const files = await Promise.all(Array.from({ length: 20 }, (_, index) => store(`${index}`)));
  clock.turn(LOOSE_MS + 1);
  const at = await accessOf(core, bob, group);
  const posting = files.map((file) =>
    postWithFiles(core, at, { body: '' }, [file]).then(
      () => true,
      () => false,
    ),
  );
  await Promise.all([sweepFiles(core), sweepFiles(other), ...posting]);
  for (const [index, { id }] of files.entries()) {
    const isPosted = await posting[index];
    t.is((await left(core, id)).text, isPosted ? `${index}` : undefined, `${index}: ${isPosted}`);
  }
});
