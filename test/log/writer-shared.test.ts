import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Core } from '../../lib/core.ts';
import { DomainError } from '../../lib/errors.ts';
import type { GroupId } from '../../lib/ids.ts';
import type { Draft } from '../../lib/log/entry.ts';
import { post } from '../../lib/messages/operations.ts';
import { accessOf, bodiesIn, isDense, openTestCore, textDraft, wholeLog } from '../helpers/core-fixture.ts';
import { isMissing, requireOrSkip, type Service } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';

const mongo = await mongoForFile();
const mongoTest = requireOrSkip(test, mongo);

const POSTERS = 6;
const EACH = 25;

/** Appends the same draft again after `unavailable`, as clients do after 503; it becomes one entry. */
async function untilTaken(core: Core, group: GroupId, draft: Draft): Promise<void> {
  for (let isTaken = false; !isTaken; )
    isTaken = await core.appender.append(group, draft).then(
      () => true,
      (error) => {
        if (error instanceof DomainError && error.code === 'unavailable') return false;
        throw error;
      },
    );
}

/** Each case has two cores on one store, as two processes would. */
const cases: Record<string, (t: ExecutionContext, service?: Service) => Promise<void>> = {
  'two writers: many concurrent posts leave a dense log, each author in order': async (t, service) => {
    const opened = await openTestCore(t, service);
    const cores = [opened.core, await opened.second()];
    const poster = async (index: number): Promise<void> => {
      const core = cores[index % 2] ?? opened.core;
      for (let i = 0; i < EACH; i += 1) await untilTaken(core, opened.group.id, textDraft(opened.bob.id, `${index} ${i}`));
    };
    await Promise.all(Array.from({ length: POSTERS }, (_, index) => poster(index)));
    const log = await wholeLog(opened.core, opened.group.id);
    const bodies = bodiesIn(log);
    t.true(isDense(log));
    t.is(bodies.length, POSTERS * EACH);
    for (let index = 0; index < POSTERS; index += 1)
      t.deepEqual(
        bodies.filter((body) => body.startsWith(`${index} `)),
        Array.from({ length: EACH }, (_, i) => `${index} ${i}`),
      );
  },

  'two writers: a process that posts continuously does not starve the other': async (t, service) => {
    const opened = await openTestCore(t, service);
    const other = await opened.second();
    const waits: number[] = [];
    let isOver = false;
    const busy = async (): Promise<void> => {
      while (!isOver) await opened.core.appender.append(opened.group.id, textDraft(opened.ann.id, 'busy'));
    };
    const posting = Promise.all([busy(), busy(), busy(), busy()]);
    for (let i = 0; i < 5; i += 1) {
      const startedAt = performance.now();
      await other.appender.append(opened.group.id, textDraft(opened.bob.id, 'my turn'));
      waits.push(Math.round(performance.now() - startedAt));
    }
    isOver = true;
    await posting;
    t.true(Math.max(...waits) < 1500, waits.join());
    t.true(isDense(await wholeLog(opened.core, opened.group.id)));
  },

  'two writers: one key posted 50 times concurrently is one message for all callers': async (t, service) => {
    const opened = await openTestCore(t, service);
    const cores = [opened.core, await opened.second()];
    const at = await accessOf(opened.core, opened.bob, opened.group);
    const posted = await Promise.all(
      Array.from({ length: 50 }, (_, index) => post(cores[index % 2] ?? opened.core, at, { body: 'soup', key: 'c:one' })),
    );
    const log = await wholeLog(opened.core, opened.group.id);
    t.deepEqual(bodiesIn(log), ['soup']);
    t.true(isDense(log));
    t.is(new Set(posted.map(({ message }) => message.uid)).size, 1);
    t.is(posted.filter(({ isNew }) => isNew).length, 1);
    const again = await post(opened.core, at, { body: 'soup', key: 'c:one' });
    t.deepEqual([again.isNew, again.message.seq], [false, posted[0]?.message.seq]);
  },

  'two writers: one key with two bodies: one is posted, the other gets keyReused': async (t, service) => {
    const opened = await openTestCore(t, service);
    const other = await opened.second();
    const at = await accessOf(opened.core, opened.bob, opened.group);
    const both = await Promise.allSettled([
      post(opened.core, at, { body: 'soup', key: 'c:two' }),
      post(other, at, { body: 'stew', key: 'c:two' }),
    ]);
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    t.is(refused.length, 1);
    t.true(refused[0] instanceof DomainError && refused[0].code === 'keyReused');
    t.is(bodiesIn(await wholeLog(opened.core, opened.group.id)).length, 1);
  },

  'two writers: the same key of another author is another message': async (t, service) => {
    const opened = await openTestCore(t, service);
    const both = [opened.ann, opened.bob].map(async (user) => {
      return post(opened.core, await accessOf(opened.core, user, opened.group), { body: 'soup', key: 'c:mine' });
    });
    t.deepEqual(
      (await Promise.all(both)).map(({ isNew }) => isNew),
      [true, true],
    );
  },
};

for (const [title, run] of Object.entries(cases)) {
  test(`sqlite: ${title}`, (t) => run(t));
  // Serial: concurrently they would exceed the 2 s of a post on the test server.
  mongoTest.serial(`mongo: ${title}`, (t) => run(t, isMissing(mongo) ? undefined : mongo));
}

const lib = (path: string): string => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href);

test('two processes on SQLite: concurrent posts leave a dense log', async (t) => {
  const { core, group, ann, file } = await openTestCore(t);
  const script = `
    import { openCore } from ${lib('app.ts')};
    import { readConfig } from ${lib('config.ts')};
    const core = await openCore(readConfig({ DATA_DIR: ${JSON.stringify(dirname(file))}, LOG_LEVEL: 'silent' }), { role: 'visitor' });
    const draft = (body) => ({ kind: 'message', author: '${ann.id}', uid: 'child ' + body, body, format: 'text' });
    // On a busy machine an append may time out; a retry must not write twice.
    const append = (body) => core.appender.append('${group.id}', draft(body)).catch((error) => {
      if (error.code !== 'unavailable') throw error;
      return append(body);
    });
    await Promise.all(Array.from({ length: 100 }, (_, i) => append('child ' + i)));
    await core.close();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  t.teardown(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  let own = 0;
  while (child.exitCode === null) {
    await core.appender.append(group.id, textDraft(ann.id, `own ${own}`));
    own += 1;
  }
  t.deepEqual(await exited, [0, null]);
  const log = await wholeLog(core, group.id);
  t.true(isDense(log));
  t.is(bodiesIn(log).length, 100 + own);
  t.deepEqual(
    bodiesIn(log).filter((body) => body.startsWith('child')),
    Array.from({ length: 100 }, (_, i) => `child ${i}`),
  );
});
