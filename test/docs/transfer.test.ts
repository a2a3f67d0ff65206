import { copyFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { createAccount } from '../../lib/accounts/operations.ts';
import { readConfig } from '../../lib/config.ts';
import { openCore } from '../../lib/open-core.ts';
import { freshSettings, parley } from '../cli/cli.ts';
import { folderFor } from '../helpers/folder.ts';
import { PATIENT_MS } from '../helpers/server.ts';
import { zipped } from '../import/places.ts';
import { blocks, run } from './pages.ts';

/** An installation with Ann, Bob and Lena, the group Operations, and a folder with the files that the pages name. */
async function place(t: Parameters<typeof freshSettings>[0]): Promise<{ settings: Record<string, string>; cwd: string }> {
  const settings = await freshSettings(t);
  const core = await openCore(readConfig({ ...settings, LOG_LEVEL: 'silent' }), {
    role: 'visitor',
    bcryptCost: 4,
    storeWaitMs: PATIENT_MS,
  });
  for (const name of ['Ann', 'Bob', 'Lena']) await createAccount(core, { name, password: null });
  await core.close();
  const cwd = await folderFor(t);
  copyFileSync(await zipped(t, 'slack'), join(cwd, 'slack-export.zip'));
  await writeFile(join(cwd, 'people.json'), blocks('import.md', 'json')[0] ?? '');
  await parley(settings, ['group', 'create', 'Operations']);
  return { settings, cwd };
}

test('docs/export.md: every command writes its export', async (t) => {
  const { settings, cwd } = await place(t);
  const commands = blocks('export.md', 'sh').flatMap((block) => block.split('\n'));
  t.is(commands.length, 4);
  for (const command of commands) {
    const ran = await run(command.replaceAll('/srv/', './'), settings, cwd);
    t.is(ran.status, 0, `${command}: ${ran.err}`);
    t.regex(ran.out, /: 0 messages, 0 files in /, command);
  }
});

test('docs/import.md: the plan, the import that asks who Lena is, and the import with the map of the page', async (t) => {
  const { settings, cwd } = await place(t);
  const [first = '', mapped = '', ...others] = blocks('import.md', 'sh');
  t.deepEqual(others, []);
  const [plan = '', plain = ''] = first.split('\n');
  const planned = await run(plan, settings, cwd);
  t.regex(planned.out, /NOT DECIDED, there is an account Lena/);
  t.is(planned.status, 0, planned.err);
  const asked = await run(plain, settings, cwd);
  t.regex(asked.err, /1 people have the names of accounts that exist: Lena/);
  t.is(asked.status, 1);
  const ran = await run(mapped, settings, cwd);
  t.is(ran.status, 0, ran.err);
  t.regex(ran.out, /slack: 9 messages/);
  t.regex(ran.out, /left out 1 messages of people who are left out/);
});
