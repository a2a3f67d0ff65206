import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import type { Command } from 'commander';
import { createProgram } from '../../lib/cli/program.ts';
import { completionFor } from '../../lib/cli/upkeep/completion.ts';
import { folderFor } from '../helpers/folder.ts';
import { present, program, requireOrSkip } from '../helpers/services.ts';
import { parley } from './cli.ts';

const run = promisify(execFile);
const [bash, zsh, fish] = ['bash', 'zsh', 'fish'].map(program) as [
  ReturnType<typeof program>,
  ReturnType<typeof program>,
  ReturnType<typeof program>,
];

/** What bash offers after these words; the last one is being typed. */
async function offered(script: string, ...words: string[]): Promise<string[]> {
  const ask = `${script}\nCOMP_WORDS=(parley "$@"); COMP_CWORD=$#; _parley; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run(present(bash).path, ['--norc', '-c', ask, 'bash', ...words]);
  return stdout.split('\n').filter(Boolean);
}

const withChildren = (command: Command, path: string[] = []): [Command, string[]][] => [
  [command, path],
  ...command.commands.flatMap((one) => withChildren(one, [...path, one.name()])),
];

requireOrSkip(test, bash)('completion: bash offers every command, and every option of each', async (t) => {
  const all = await createProgram();
  const script = completionFor(all, 'bash');
  for (const [command, path] of withChildren(all)) {
    const found = await offered(script, ...path, '');
    for (const one of command.commands) t.true(found.includes(one.name()), `${path.join(' ')} ${one.name()}`);
    for (const { long } of command.options) if (long) t.true(found.includes(long), `${path.join(' ')} ${long}`);
  }
});

requireOrSkip(test, bash)('completion: bash completes what was begun, and skips the arguments before it', async (t) => {
  const { out, status } = await parley({}, ['completion', 'bash']);
  t.is(status, 0);
  t.deepEqual(await offered(out, 'us'), ['user']);
  t.deepEqual(await offered(out, 'user', 'cr'), ['create']);
  t.deepEqual(await offered(out, 'user', 'create', 'Ann', '--ad'), ['--admin']);
  t.deepEqual(await offered(out, 'completion', 'f'), ['fish']);
  t.deepEqual(await offered(out, 'backup', '/srv/none'), [], 'then bash completes files');
});

for (const [shell, found, args] of [
  ['zsh', zsh, ['-n']],
  ['fish', fish, ['--no-execute']],
] as const)
  requireOrSkip(test, found)(`completion: ${shell} reads its script`, async (t) => {
    const script = completionFor(await createProgram(), shell);
    const file = join(await folderFor(t), 'completion');
    writeFileSync(file, script);
    execFileSync(present(found).path, [...args, file]);
    t.true(script.includes('create'));
  });

test('completion: another shell is wrong usage that names the choices', async (t) => {
  const ran = await parley({}, ['completion', 'tcsh']);
  t.is(ran.status, 2);
  t.regex(ran.err, /Allowed choices are bash, zsh, fish/);
});
