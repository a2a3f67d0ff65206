import test from 'ava';
import * as operations from '../../lib/messages/operations.ts';
import { readByKey, upsert } from '../../lib/messages/upsert.ts';
import { accessOf, isDense, openTestCore, wholeLog } from '../helpers/core-fixture.ts';
import { Faults, faultyCore } from '../helpers/faulty-store.ts';

/** Two cores on one store; functions pushed to `faults.appends` run right before an append of the first. */
async function openPair(t: Parameters<typeof openTestCore>[0]) {
  const opened = await openTestCore(t);
  const faults = new Faults();
  const core = faultyCore(opened.core, faults);
  return { ...opened, core, faults, other: await opened.second(), at: await accessOf(core, opened.bob, opened.group) };
}

test('upsert: of two processes with concurrent first requests, the second one edits', async (t) => {
  const { core, other, faults, at } = await openPair(t);
  faults.appends.push(() => upsert(other, at, 'k', { body: 'theirs' }));
  const { folded, isNew } = await upsert(core, at, 'k', { body: 'ours' });
  t.deepEqual([isNew, folded.state.body], [false, 'ours']);
  const log = await wholeLog(core, at.group.id);
  t.true(isDense(log));
  t.deepEqual(
    log.filter(({ kind }) => kind === 'message' || kind === 'edit').map((entry) => ('body' in entry ? entry.body : '')),
    ['theirs', 'ours'],
  );
});

test('upsert: an update after a concurrent erasure by another process is refused', async (t) => {
  const { core, other, faults, at } = await openPair(t);
  const { folded } = await upsert(core, at, 'k', { body: 'one' });
  faults.appends.push(() => operations.erase(other, at, folded.message.seq));
  await t.throwsAsync(upsert(core, at, 'k', { body: 'two' }), { message: /erased/ });
  t.truthy((await readByKey(core, at, 'k')).state.erasedBy);
  await t.throwsAsync(upsert(core, at, 'k', { body: 'three' }), {
    message: 'The message with this key was erased. Use another key for a new message.',
  });
});
