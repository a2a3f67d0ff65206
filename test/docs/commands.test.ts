import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Command } from 'commander';
import { createProgram } from '../../lib/cli/program.ts';
import { freshSettings, parley, Running, type Settings } from '../cli/cli.ts';
import { folderFor } from '../helpers/folder.ts';
import { PASSWORD } from '../helpers/server.ts';
import { freshDatabase, isMissing, mongoService } from '../helpers/services.ts';
import { zipped } from '../import/places.ts';
import { blocks, type Ended, run } from './pages.ts';

const mongo = await mongoService();

/** What is printed for other machines, or for other programs than ours. */
const ELSEWHERE = /^(?:docker |npm |[A-Z_]+=\S+ .*npm start)|createUser|^ {2}db\./;

/** A new installation beside a folder with the files that the pages name. */
async function place(t: ExecutionContext): Promise<{ settings: Settings; cwd: string }> {
  const cwd = await folderFor(t);
  for (const folder of ['srv/backups', 'etc/parley']) mkdirSync(join(cwd, folder), { recursive: true });
  writeFileSync(join(cwd, 'password.txt'), `${PASSWORD}\n`);
  copyFileSync(await zipped(t, 'slack'), join(cwd, 'slack-export.zip'));
  return { settings: { ...(await freshSettings(t)), PORT: '0', SIGNUP: 'code', VERSION: '7' }, cwd };
}

/** Folders of this machine are below the folder of the test. */
const here = (line: string, cwd: string): string =>
  line.replaceAll(/(?<=[ =])(?=\/(?:srv|etc)\/)/g, cwd).replaceAll(/mongodb:\/\/db\/parley/g, isMissing(mongo) ? '' : freshDatabase(mongo));

type Place = { readonly settings: Settings; readonly cwd: string; server?: Running };

/** Runs a line as it is printed: what follows a log until it has printed a line; a server, in place of the one before, until it listens. */
async function runLine(line: string, settings: Settings, place: Place): Promise<Ended> {
  const { cwd, server } = place;
  const [, assigned = '', isServer] = /^((?:[A-Z_]+=\S+ )*)parley (serve)?/.exec(line) ?? [];
  if (line.includes(' -f ')) return firstLineOf(line.replace(/ \|.*/, ''), settings);
  if (!isServer) return run(line, settings, cwd);
  await server?.ended('SIGTERM');
  const own = assigned.split(' ').flatMap((each) => (each === '' ? [] : [each.split('=') as [string, string]]));
  place.server = new Running({ ...settings, ...Object.fromEntries(own) }, ['serve'], undefined, cwd);
  return { status: 0, out: await place.server.listening(), err: '' };
}

async function firstLineOf(line: string, settings: Settings): Promise<Ended> {
  const following = new Running(settings, line.split(' ').slice(1));
  await following.until('\n');
  const { status, out, err } = await following.ended('SIGTERM');
  return { status: status ?? 0, out, err };
}

async function runBlocks(t: ExecutionContext, page: string, place: Place): Promise<string[]> {
  t.teardown(() => place.server?.ended('SIGTERM'));
  const done: string[] = [];
  for (const block of blocks(page, 'sh')) {
    let own = place.settings;
    for (const line of block.split('\n').map((each) => here(each, place.cwd))) {
      const [, name = '', value = ''] = /^export (\w+)=(\S+)$/.exec(line) ?? [];
      if (name) own = { ...own, [name]: value };
      if (name || ELSEWHERE.test(line) || (line.startsWith('MONGODB_URL=') && isMissing(mongo))) continue;
      const { status, out, err } = await runLine(line, own, place);
      t.is(status, 0, `${page}: ${line}: ${err}`);
      t.true(out !== '' || / > /.test(line), `${line} says what it did`);
      done.push(line);
    }
  }
  return done;
}

const leaves = (command: Command): string[] =>
  command.commands.length === 0
    ? [command.name()]
    : command.commands.flatMap((one) => leaves(one).map((name) => `${command.name()} ${name}`));

test('docs/cli.md: every command has an example, and each does what it says', async (t) => {
  const lines = await runBlocks(t, 'cli.md', await place(t));
  for (const command of leaves(await createProgram()))
    t.true(
      lines.some((line) => line.includes(command)),
      command,
    );
});

test('docs/operators.md: every command does what it says, beside a server', async (t) => {
  const { settings, cwd } = await place(t);
  const server = new Running(settings, ['serve']);
  await server.listening();
  for (const name of ['ann', 'mallory']) await parley(settings, ['user', 'create', name], `${PASSWORD}\n`);
  await parley(settings, ['group', 'create', 'Field team']);
  const lines = await runBlocks(t, 'operators.md', { settings, cwd, server });
  t.true(lines.length > 15, lines.join('\n'));
});
