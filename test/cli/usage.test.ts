import { readFileSync } from 'node:fs';
import test from 'ava';
import type { Command } from 'commander';
import { createProgram } from '../../lib/cli/program.ts';
import { freshSettings, parley, type Settings, settledWorld } from './cli.ts';

const withChildren = (command: Command): Command[] => [command, ...command.commands.flatMap(withChildren)];

function helpOf(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part) }).outputHelp();
  return parts.join('');
}

test('usage: the help of every command has an example of that command', async (t) => {
  for (const command of withChildren(await createProgram())) {
    const path: string[] = [];
    for (let at: Command | null = command; at; at = at.parent) path.unshift(at.name());
    t.regex(helpOf(command), new RegExp(`Examples?:\\n[^]*${path.join(' ')}`), path.join(' '));
  }
});

test('usage: the commands are those documented', async (t) => {
  const names = withChildren(await createProgram())
    .filter((command) => command.commands.length === 0)
    .map((command) => `${command.parent?.name()} ${command.name()}`);
  t.deepEqual(names.sort(), [
    ...['bot create', 'bot deliveries', 'bot list', 'bot replay', 'bot revoke', 'bot rotate', 'bot secret', 'bot webhook'],
    ...['client add', 'client list', 'client remove'],
    ...['encrypt keygen', 'encrypt rotate', 'encrypt status'],
    ...[
      'group add',
      'group archive',
      'group code',
      'group create',
      'group delete',
      'group hold',
      'group list',
      'group members',
      'group remove',
      'group rename',
      'group retention',
      'group transfer',
    ],
    'invite code',
    ...[
      'parley audit',
      'parley backup',
      'parley completion',
      'parley config',
      'parley doctor',
      'parley erase',
      'parley export',
      'parley import',
      'parley migrate',
      'parley post',
      'parley restore',
      'parley seed',
      'parley serve',
      'parley storage',
      'parley tail',
      'parley verify',
    ],
    'token create',
    ...['user admin', 'user create', 'user disable', 'user enable', 'user list', 'user passwd', 'user reset-link', 'user second-factor'],
  ]);
});

test('a command line loads the file of its command, and every command where it names none', async (t) => {
  const all = (await createProgram()).commands.map((command) => command.name());
  for (const name of all) {
    const loaded = (await createProgram(['--json', name])).commands.map((command) => command.name());
    t.true(loaded.includes(name) && loaded.length < all.length, `${name}: ${loaded.join(', ')}`);
  }
  for (const args of [[], ['--help'], ['help', 'group'], ['grup']])
    t.deepEqual(
      (await createProgram(args)).commands.map((command) => command.name()),
      all,
      args.join(' '),
    );
});

test('usage: help goes to standard output, with status 0', async (t) => {
  const ran = await parley({}, ['user', 'create', '--help']);
  t.is(ran.status, 0);
  t.is(ran.err, '');
  t.regex(ran.out, /--json/);
  t.regex(ran.out, /Examples:\n {2}parley user create ann/);
});

test('--version prints the version of package.json', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  t.like(await parley({}, ['--version']), { status: 0, out: `${version}\n`, err: '' });
});

const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no command', [], /Usage: parley/],
  ['half a command', ['group'], /Usage: parley group/],
  ['an unknown command', ['frobnicate'], /^parley: unknown command 'frobnicate'.*--help/],
  ['a missing argument', ['user', 'create'], /^parley: missing required argument 'name'/],
  ['a missing option', ['post', 'lobby', 'hi'], /^parley: required option '--as <name>'/],
  ['an unknown option', ['user', 'list', '--loud'], /^parley: unknown option '--loud'/],
  ['a number that is none', ['tail', 'lobby', '-n', 'many'], /^parley: option '-n.*whole number/],
];

for (const [title, args, said] of WRONG)
  test(`wrong usage is status 2: ${title}`, async (t) => {
    const ran = await parley({}, args);
    t.is(ran.status, 2);
    t.is(ran.out, '');
    t.regex(ran.err, said);
  });

for (const [title, args] of WRONG)
  test(`with --json wrong usage is one object on standard error: ${title}`, async (t) => {
    const ran = await parley({}, [...args, '--json']);
    t.deepEqual([ran.status, ran.out], [2, '']);
    t.like(JSON.parse(ran.err), { code: 'usage' });
    t.regex(ran.err, /see --help|whole number/);
  });

const BAD_OPTIONS: readonly (readonly [option: string, args: readonly string[]])[] = [
  ['--uses <count>', ['group', 'code', 'field-team', '--uses', 'some']],
  ['--expires <time>', ['group', 'code', 'field-team', '--expires', 'soon']],
  ['--key <key>', ['post', 'field-team', 'hello', '--as', 'ann', '--key', 'k'.repeat(300)]],
  ['--events <list>', ['bot', 'webhook', 'echo', 'https://example.org/', '--events', 'birthday']],
  ['--keyword <word>', ['bot', 'webhook', 'echo', 'https://example.org/', '--on', 'keyword', '--keyword', 'k'.repeat(300)]],
  ['--on <what>', ['bot', 'webhook', 'echo', 'https://example.org/', '--on', 'fridays']],
  ['-n, --lines <count>', ['tail', 'field-team', '-n', 'many']],
];

test('usage: an invalid option value is wrong usage that names the option, as text and as JSON', async (t) => {
  const { settings } = await settledWorld(t);
  for (const [option, args] of BAD_OPTIONS) {
    const [text, json] = [await parley(settings, args), await parley(settings, [...args, '--json'])];
    t.deepEqual([text.status, json.status], [2, 2], option);
    t.true(text.err.startsWith(`parley: option '${option}'`), text.err);
    t.true(JSON.parse(json.err).error.startsWith(`option '${option}'`), json.err);
  }
});

test('usage: with --json, refusals and failures are one object on standard error, with status 1', async (t) => {
  const { settings } = await settledWorld(t);
  const failures: [settings: Settings, args: string[], code: string][] = [
    [settings, ['group', 'members', 'nowhere'], 'notFound'],
    [settings, ['post', 'field-team', '', '--as', 'ann'], 'invalid'],
    [{ PORT: 'eighty' }, ['user', 'list'], 'settings'],
    [{ DATA_DIR: '/dev/null/parley' }, ['user', 'list'], 'failed'],
    [{ MONGODB_URL: 'mongodb://user:secret@127.0.0.1:1/parley?none=1' }, ['user', 'list'], 'unavailable'],
    [{ ...settings, PORT: 'eighty' }, ['serve'], 'settings'],
  ];
  for (const [env, args, code] of failures) {
    const ran = await parley(env, [...args, '--json']);
    t.deepEqual([ran.status, ran.out], [1, ''], args.join(' '));
    t.is(JSON.parse(ran.err).code, code, ran.err);
    t.false(ran.err.includes('secret'));
  }
});

test('usage: a password is not accepted as an argument and not repeated in errors', async (t) => {
  const settings = await freshSettings(t);
  for (const args of [
    ['ann', 'my secret 1'],
    ['ann', '--password', 'my secret 1'],
    ['ann', '--password=my secret 1'],
  ]) {
    const ran = await parley(settings, ['user', 'create', ...args], 'correct horse battery\n');
    t.is(ran.status, 2);
    t.notRegex(ran.err + ran.out, /my secret/);
  }
});

test('usage: invalid settings are all named, without their values, with status 1', async (t) => {
  const ran = await parley({ PORT: 'eighty', SIGNUP: 'maybe' }, ['user', 'list']);
  t.is(ran.status, 1);
  t.is(ran.out, '');
  t.regex(ran.err, /^parley: .*\n {2}PORT .*\n {2}SIGNUP .*\n$/);
  t.notRegex(ran.err, /eighty|maybe/);
});

test('usage: a store that cannot be opened is status 1, with its path', async (t) => {
  const ran = await parley({ DATA_DIR: '/dev/null/parley' }, ['user', 'list']);
  t.is(ran.status, 1);
  t.regex(ran.err, /^parley: .*\/dev\/null\/parley.*\n$/);
});
