import test from 'ava';
import { convert, readProgress } from '../../lib/encryption/conversion.ts';
import { survey } from '../../lib/encryption/survey.ts';
import type { UserId } from '../../lib/ids.ts';
import type { OpenCore } from '../../lib/open-core.ts';
import { search } from '../../lib/search/operations.ts';
import { parseSearch } from '../../lib/search/query.ts';
import { textDraft } from '../helpers/core-fixture.ts';
import { eventually } from '../helpers/eventually.ts';
import { dumpOf, placesOf } from './dump.ts';
import { ALL, fill, WORDS } from './fill.ts';
import { encryptionOf, isIntact, open } from './intact.ts';
import { keyringOf, newKey } from './keys.ts';
import { KINDS, type Kind, mongo, requireOrSkip, settingsFor } from './stores.ts';

const register = (kind: Kind) => (kind === 'mongo' ? requireOrSkip(test, mongo) : test);

for (const kind of KINDS) {
  register(kind)(`${kind}: with keys from the start, no text is stored unencrypted`, async (t) => {
    const settings = { ...settingsFor(t, kind), ENCRYPTION_KEYS: newKey('k1') };
    const core = await open(t, settings);
    const filled = await fill(core);
    await isIntact(t, core, filled);
    t.deepEqual(placesOf(await dumpOf(settings), ALL), []);
    await core.close();
    t.deepEqual(placesOf(await dumpOf(settings), ALL), []);
  });

  register(kind)(`${kind}: what was stored before is encrypted in the background by the next start with a key`, async (t) => {
    const settings = settingsFor(t, kind);
    const before = await open(t, settings);
    const filled = await fill(before, 120);
    await before.close();
    const found = placesOf(await dumpOf(settings), ALL);
    for (const word of ALL)
      t.true(
        found.some((place) => place.startsWith(word)),
        `${word} is stored unencrypted without keys`,
      );

    const core = await open(t, { ...settings, ENCRYPTION_KEYS: newKey('k1') });
    await isIntact(t, core, filled);
    await core.indexer.start();
    core.conversion.start();
    await eventually(async () => (await readProgress(encryptionOf(core).raw))?.stage === 'done');
    await isIntact(t, core, filled);
    const announced = [WORDS.pendingTopic]; // is removed within seconds by whoever appends its entry, and sealed from then on
    await core.store.groups.markAnnounced(
      filled.group,
      (await core.store.groups.listUnannounced(core.now() + 1, 1))[0]?.change.line.uid ?? '',
    );
    const others = ALL.filter((word) => !announced.includes(word as never));
    await core.indexer.catchUp([{ id: filled.group, head: await core.store.log.head(filled.group) }]);
    await encryptionOf(core).raw.rewrite.finish();
    t.deepEqual(placesOf(await dumpOf(settings), others), []);
  });

  register(kind)(`${kind}: an interrupted conversion goes on where it was, beside posts, erasures and reads`, async (t) => {
    const settings = settingsFor(t, kind);
    const before = await open(t, settings);
    const filled = await fill(before, 220);
    await before.close();
    const core = await open(t, { ...settings, ENCRYPTION_KEYS: newKey('k1') });
    const { raw, keyring } = encryptionOf(core);
    const stages: string[] = [];
    let pieces = 0;
    for (let round = 0; ; round += 1) {
      const ended = await convert(raw, keyring, await readProgress(raw), {
        by: 'test',
        now: core.now,
        step: async ({ stage }) => {
          stages.push(stage);
          pieces += 1;
          await core.appender.append(filled.group, textDraft(filled.ann, `meanwhile ${pieces}`));
          await core.store.log.scrub(filled.group, pieces + 1, 1);
          if (pieces % 2 === 0) throw new Error('killed');
        },
      }).then(
        () => true,
        (error: Error) => error.message !== 'killed',
      );
      if (ended) break;
      t.true(round < 100);
    }
    t.deepEqual(stages.filter((stage, index) => stage !== stages[index - 1]).length, new Set(stages).size, 'no stage is repeated');
    const { counts, damaged } = await survey(raw, keyring);
    t.deepEqual(damaged, []);
    for (const [what, { old }] of Object.entries(counts)) t.is(old, 0, what);
    await isIntact(t, core, filled);
    const scrubbed = await core.store.log.message(filled.group, 3);
    t.like(scrubbed, { body: '', scrubbed: true });
  });

  register(kind)(`${kind}: a new key replaces the old one, which can be removed then; before, the start is refused`, async (t) => {
    const settings = settingsFor(t, kind);
    const [old, fresh] = [newKey('old'), newKey('new')];
    const before = await open(t, { ...settings, ENCRYPTION_KEYS: old });
    const filled = await fill(before);
    await before.close();

    const refused = await t.throwsAsync(open(t, { ...settings, ENCRYPTION_KEYS: fresh }));
    t.regex(refused?.message ?? '', /ENCRYPTION_KEYS lacks the key old: .*\d+ messages, .*34 edits of messages, .*1 content of a file/);
    t.false(refused?.message.includes(fresh.slice(4)));
    const unset = await t.throwsAsync(open(t, settings));
    t.regex(unset?.message ?? '', /lacks the key old/);
    const other = await t.throwsAsync(open(t, { ...settings, ENCRYPTION_KEYS: newKey('old') }));
    t.regex(other?.message ?? '', /has another key old than the database was encrypted with/);

    const rotated = await open(t, { ...settings, ENCRYPTION_KEYS: `${fresh},${old}` });
    await isIntact(t, rotated, filled);
    const found = await search(rotated, await userOf(rotated, filled.ann), parseSearch(`${WORDS.message} `), { limit: 5 });
    t.is(found.found.length, 5, 'words are found under the old key while the index is made anew');
    const { raw } = encryptionOf(rotated);
    await convert(raw, keyringOf(fresh, old), undefined, { by: 'test', now: rotated.now, step: async () => {} });
    await rotated.store.groups.markAnnounced(
      filled.group,
      (await rotated.store.groups.listUnannounced(rotated.now() + 1, 1))[0]?.change.line.uid ?? '',
    );
    await rotated.close();

    const after = await open(t, { ...settings, ENCRYPTION_KEYS: fresh });
    await isIntact(t, after, filled);
  });
}

async function userOf(core: OpenCore, id: UserId) {
  const user = await core.store.users.byId(id);
  if (!user) throw new Error('no user');
  return user;
}
