import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { readProgress } from '../../lib/encryption/conversion.ts';
import { survey } from '../../lib/encryption/survey.ts';
import type { Store } from '../../lib/store/port.ts';
import { isLongRun } from '../helpers/long-run.ts';
import { dumpOf, placesOf } from './dump.ts';
import { ALL, type Filled, fill } from './fill.ts';
import { isIntact, open } from './intact.ts';
import { keyringOf, newKey } from './keys.ts';
import { KINDS, mongo, openRaw, requireOrSkip, settingsFor } from './stores.ts';

const CONVERSION = fileURLToPath(new URL('./killed.ts', import.meta.url));

type Settings = Record<string, string>;

/** Converts in a process of its own that is killed at that step. Resolves to whether it was; a conversion with fewer steps ends. */
async function isKilled(t: ExecutionContext, settings: Settings, step: number): Promise<boolean> {
  const { PATH, HOME, TMPDIR } = process.env;
  const env = { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...settings };
  const child = spawn(process.execPath, [CONVERSION, String(step)], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  t.true(signal === 'SIGKILL' || status === 0, said);
  return signal === 'SIGKILL';
}

/** Later in each process, so that each kind of step is one at which some process is killed. Resolves to the places at which they were. */
async function convertedInSpiteOfKills(t: ExecutionContext, settings: Settings, filled: Filled): Promise<string[]> {
  const stageOf = () => reading(settings, async (raw) => (await readProgress(raw))?.stage);
  const stages: string[] = [];
  for (let kills = 0; await isKilled(t, settings, 15 + 37 * kills); kills += 1) {
    t.true(kills < 20, 'it goes on where it was');
    stages.push((await stageOf()) ?? 'none');
    const core = await open(t, settings);
    await isIntact(t, core, filled);
    await core.close();
  }
  t.is(await stageOf(), 'done');
  return stages;
}

/** Of the store without decryption. It is closed before its files are read: that would end SQLite's locks on them. */
async function reading<T>(settings: Settings, work: (raw: Store) => Promise<T>): Promise<T> {
  const raw = await openRaw(settings);
  try {
    return await work(raw);
  } finally {
    await raw.close();
  }
}

// On MongoDB only in `npm run test:all`: the steps are the same.
for (const kind of KINDS.filter((one) => one === 'sqlite' || isLongRun))
  (kind === 'mongo' ? requireOrSkip(test, mongo) : test)(
    `${kind}: a conversion killed by SIGKILL at any step goes on, first to encryption and then to another key, and everything is readable throughout`,
    async (t) => {
      const settings = settingsFor(t, kind);
      const [first, second] = [newKey('first'), newKey('second')];
      const before = await open(t, settings);
      const filled = await fill(before, 120);
      await before.store.groups.markAnnounced(
        filled.group,
        (await before.store.groups.listUnannounced(before.now() + 1, 1))[0]?.change.line.uid ?? '',
      );
      await before.close();

      const stages = await convertedInSpiteOfKills(t, { ...settings, ENCRYPTION_KEYS: first }, filled);
      t.true(stages.includes('log') && stages.length >= 4, stages.join());
      const encrypted = await reading(settings, (raw) => survey(raw, keyringOf(first)));
      t.deepEqual(encrypted.damaged, []);
      for (const [what, { old }] of Object.entries(encrypted.counts)) t.is(old, 0, what);
      const server = await open(t, { ...settings, ENCRYPTION_KEYS: first });
      await server.indexer.catchUp([{ id: filled.group, head: await server.store.log.head(filled.group) }]);
      await server.close();
      await reading(settings, (raw) => raw.rewrite.finish());
      t.deepEqual(placesOf(await dumpOf(settings), ALL), []);

      const killed = await convertedInSpiteOfKills(t, { ...settings, ENCRYPTION_KEYS: `${second},${first}` }, filled);
      t.true(killed.length >= 3, killed.join());
      const rotated = await reading(settings, (raw) => survey(raw, keyringOf(second)));
      t.deepEqual(rotated.damaged, []);
      for (const [what, { old }] of Object.entries(rotated.counts)) t.is(old, 0, what);
      const core = await open(t, { ...settings, ENCRYPTION_KEYS: second });
      await isIntact(t, core, filled);
      if (kind === 'sqlite') t.deepEqual((await contentsIn(settings)).sort(), [`${filled.file}.sealed`, `${filled.file}.sealed.thumb`]);
    },
  );

async function contentsIn({ DATA_DIR = '' }: Settings): Promise<string[]> {
  const found = await readdir(join(DATA_DIR, 'files'), { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map(({ name }) => name);
}
