import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { readMessage } from '../../lib/log/history.ts';
import { scrubDue } from '../../lib/log/scrub.ts';
import * as operations from '../../lib/messages/operations.ts';
import { messageJson } from '../../lib/messages/presenter.ts';
import { SCRUB_GRACE_MS, UNDO_MS } from '../../lib/messages/rules.ts';
import { UNRELATED } from '../../lib/messages/threads/related.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import { accessOf, isDense, openTestCore, type TestCore, wholeLog } from '../helpers/core-fixture.ts';
import { isMissing, requireOrSkip, type Service } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';

const mongo = await mongoForFile();
const mongoTest = requireOrSkip(test, mongo);

const SECRET = 'the-secret-ingredient';

/** A message of Bob's that was edited so often that it has a snapshot, then erased by him. */
async function erased(t: ExecutionContext, service?: Service): Promise<TestCore & { readonly seq: number }> {
  const opened = await openTestCore(t, service);
  const { core, group, bob } = opened;
  const at = await accessOf(core, bob, group);
  const { message } = await operations.post(core, at, { body: `${SECRET} 0` });
  for (let i = 1; i <= 34; i += 1) await operations.edit(core, at, message.seq, `${SECRET} ${i}`);
  await operations.post(core, at, { body: 'a later one' });
  t.truthy((await core.store.log.message(group.id, message.seq))?.folded);
  await operations.erase(core, at, message.seq);
  return { ...opened, seq: message.seq };
}

const cases: Record<string, (t: ExecutionContext, service?: Service) => Promise<void>> = {
  'scrub: after the undo period an erased text is not in the log, and its seq stays': async (t, service) => {
    const { core, clock, group, seq } = await erased(t, service);
    clock.turn(UNDO_MS + SCRUB_GRACE_MS - 1);
    t.is(await scrubDue(core), 0);
    t.true(JSON.stringify(await wholeLog(core, group.id)).includes(SECRET), 'it can still be taken back');
    clock.turn(1);
    t.is(await scrubDue(core), 1);
    const log = await wholeLog(core, group.id);
    t.true(isDense(log));
    t.false(JSON.stringify(log).includes(SECRET));
    t.like(log[seq - 1], { kind: 'message', seq, body: '', scrubbed: true });
    t.is(await scrubDue(core), 0, 'nothing is due any more');
    const folded = await readMessage(core, group.id, seq);
    t.like(await messageJson(core, folded, group, { profiles: new Map(), related: UNRELATED }), {
      erased: true,
      body: '',
      html: '',
      reactions: [],
    });
  },

  'scrub: an undone erasure keeps text, edits and snapshot': async (t, service) => {
    const { core, clock, group, bob, seq } = await erased(t, service);
    await operations.unerase(core, await accessOf(core, bob, group), seq);
    clock.turn(UNDO_MS + SCRUB_GRACE_MS);
    t.is(await scrubDue(core), 1, 'the erasure is looked at once, and settled');
    t.is(await scrubDue(core), 0);
    const { state, message } = await readMessage(core, group.id, seq);
    t.deepEqual([state.body, state.erasedBy, message.body], [`${SECRET} 34`, undefined, `${SECRET} 0`]);
  },

  'scrub: after erase, undo and erase, the second erasure decides': async (t, service) => {
    const { core, clock, group, bob, seq } = await erased(t, service);
    const at = await accessOf(core, bob, group);
    await operations.unerase(core, at, seq);
    clock.turn(UNDO_MS);
    await operations.erase(core, at, seq);
    clock.turn(SCRUB_GRACE_MS);
    t.is(await scrubDue(core), 1);
    t.is((await core.store.log.message(group.id, seq))?.scrubbed, undefined);
    clock.turn(UNDO_MS);
    t.is(await scrubDue(core), 1);
    t.true((await core.store.log.message(group.id, seq))?.scrubbed);
  },

  'scrub: two concurrent sweeps have the effect of one': async (t, service) => {
    const { core, clock, group, seq, second } = await erased(t, service);
    const other = await second();
    clock.turn(UNDO_MS + SCRUB_GRACE_MS);
    await Promise.all([scrubDue(core), scrubDue(other), scrubDue(core)]);
    t.true((await core.store.log.message(group.id, seq))?.scrubbed);
    t.false(JSON.stringify(await wholeLog(other, group.id)).includes(SECRET));
  },
};

for (const [index, [title, run]] of Object.entries(cases).entries()) {
  test(`sqlite: ${title}`, (t) => run(t));
  if (index < 2)
    // two cases suffice: the rest is the same code over the same port
    mongoTest.serial(`mongo: ${title}`, (t) => run(t, isMissing(mongo) ? undefined : mongo));
}

test('scrub: one sweep handles all due erasures', async (t) => {
  const { core, clock, group, bob } = await openTestCore(t);
  const at = await accessOf(core, bob, group);
  const posted = await Promise.all(Array.from({ length: 25 }, (_, i) => operations.post(core, at, { body: `${SECRET} ${i}` })));
  await Promise.all(posted.map(({ message }) => operations.erase(core, at, message.seq)));
  clock.turn(UNDO_MS + SCRUB_GRACE_MS);
  t.is(await scrubDue(core, 10), 25);
  t.false(JSON.stringify(await wholeLog(core, group.id)).includes(SECRET));
});

test('scrub: an idempotency key stays valid after scrubbing: the same text is not posted again, another is refused', async (t) => {
  const { core, clock, group, bob } = await openTestCore(t);
  const at = await accessOf(core, bob, group);
  const first = await operations.post(core, at, { body: SECRET, key: 'c:k' });
  await operations.erase(core, at, first.message.seq);
  clock.turn(UNDO_MS + SCRUB_GRACE_MS);
  await scrubDue(core);
  const again = await operations.post(core, at, { body: SECRET, key: 'c:k' });
  t.like(again, { isNew: false, message: { seq: first.message.seq, body: '', scrubbed: true } });
  await t.throwsAsync(operations.post(core, at, { body: 'another', key: 'c:k' }), { message: /already used with another text/ });
});

test('scrub on SQLite: no byte of an erased text is left in the database file or its WAL', async (t) => {
  const { core, clock, file } = await erased(t);
  const bytesHold = (path: string): boolean => readFileSync(path).includes(SECRET);
  t.true(bytesHold(file) || bytesHold(`${file}-wal`), 'the search would find it');
  clock.turn(UNDO_MS + SCRUB_GRACE_MS);
  await scrubDue(core);
  t.false(bytesHold(file), 'at once, with the store still open');
  t.false(bytesHold(`${file}-wal`));
  await core.store.close(); // the last connection writes all of the log into the file
  t.false(bytesHold(file));
  t.throws(() => readFileSync(`${file}-wal`), { code: 'ENOENT' });
  await (await openSqlite({ file })).close();
  t.false(bytesHold(file));
});
