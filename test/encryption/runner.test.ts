import test from 'ava';
import { readProgress } from '../../lib/encryption/conversion.ts';
import { withEncryption } from '../../lib/encryption/open.ts';
import { openConversion } from '../../lib/encryption/runner.ts';
import { PROGRESS } from '../../lib/encryption/settings.ts';
import { openTestCore, textDraft } from '../helpers/core-fixture.ts';
import { eventually } from '../helpers/eventually.ts';
import { newKey } from './keys.ts';

test('one process at a time converts; when it has not been heard of for a minute, another goes on', async (t) => {
  const { core, group, ann, clock } = await openTestCore(t);
  await core.appender.append(group.id, textDraft(ann.id, 'zebrafish'));
  const { store, encryption } = await withEncryption(core.store, [newKey('k1')], () => {});
  if (!encryption) throw new Error('no keys');
  const isSealed = async () => (await core.store.log.messages(group.id, 1, 1))[0]?.body.startsWith('\u0001k1:');
  const running = { key: 'k1', stage: 'log', after: '', by: 'another process', at: clock.now() };
  await core.store.settings.put(PROGRESS, JSON.stringify(running));

  const lines: string[] = [];
  const logger = { ...core.logger, info: (_: object, message: string) => void lines.push(message) };
  const open = () => openConversion({ encryption, store, logger, now: clock.now });
  const waiting = open();
  waiting.start();
  await eventually(async () => (await store.log.messages(group.id, 1, 1))[0]?.body === 'zebrafish');
  await waiting.stop();
  t.false(await isSealed());
  t.deepEqual(await readProgress(core.store), running as never);
  t.deepEqual(lines, []);

  clock.turn(60_001);
  const next = open();
  next.start();
  await eventually(async () => (await readProgress(core.store))?.stage === 'done');
  await next.stop();
  t.true(await isSealed());
  t.true(lines[0]?.startsWith('encrypting what was stored') && lines[1]?.startsWith('everything is encrypted'));

  const later = open();
  later.start();
  await later.stop();
  t.is(lines.length, 2, 'nothing is done twice');
});
