import test from 'ava';
import { acceptPassword } from '../../lib/accounts/new-password.ts';
import { createAccount, userByName } from '../../lib/accounts/operations.ts';
import { readConfig } from '../../lib/config.ts';
import { DomainError } from '../../lib/errors.ts';
import { parley } from '../cli/cli.ts';
import { PASSWORD, startServerFor } from '../helpers/server.ts';

const COMMON = /one of the first that others try/;
const OWN = /little more than the name/;
const SITE = /little more than this site's name/;

const REFUSED: [password: string, reason: RegExp][] = [
  ['password', COMMON],
  ['PassWord', COMMON],
  ['12345678', COMMON],
  ['qwertyuiop', COMMON],
  ['1q2w3e4r5t', COMMON],
  ['iloveyou', COMMON],
  ['aaaaaaaaaaaa', COMMON],
  ['🙂🙂🙂', COMMON],
  ['Ann Lee 1', OWN],
  ['annlee2026!', OWN],
  ['2026-ann.lee', OWN],
  ['AnnLeeAnnLee', OWN],
  ['parley123', SITE],
  ['Parley!!', SITE],
  ['chat.example.org', SITE],
  ['example2026', SITE],
];
const ACCEPTED = [PASSWORD, 'annlee likes rain', 'parley and tea', 'my password is long', '","password","', 'x7#kfP2w', 'Straße 12 b'];

const config = readConfig({ PUBLIC_URL: 'https://chat.example.org' });

for (const [password, reason] of REFUSED)
  test(`the password ${password} is refused`, async (t) => {
    const error = await t.throwsAsync(acceptPassword({ config }, 'Ann Lee', password), { instanceOf: DomainError, message: reason });
    t.deepEqual([error?.code, error?.field], ['invalid', 'password']);
    if (password !== 'password') t.false(error?.message.includes(password));
  });

test('other passwords are accepted, also those that contain a common word', async (t) => {
  for (const password of ACCEPTED) t.is(await acceptPassword({ config }, 'Ann Lee', password), password);
  t.is(await acceptPassword({ config: readConfig({}) }, 'Bo', 'bo12345bo'), 'bo12345bo', 'a short name says nothing');
});

test('sign-up, change and the command line refuse such a password by name of the field; another is taken', async (t) => {
  const site = await startServerFor(t);
  const signUp = (password: string) => site.client().form('/signup', { name: 'Ann Lee', password });
  const refused = await signUp('annlee99');
  t.is(refused.status, 422);
  t.regex(refused.text, /id="signup-password-error" role="alert">This password is little more than the name/);
  t.false(refused.text.includes('annlee99'));
  t.is((await signUp('three words here')).status, 303);

  const ann = site.client();
  await ann.form('/login', { name: 'Ann Lee', password: 'three words here' });
  const change = (password: string) => ann.form('/settings/password', { current: 'three words here', password });
  const again = await change('qwertyuiop');
  t.is(again.status, 422);
  t.regex(again.text, /id="password-password-error" role="alert">This password is one of the first/);
  t.is((await change('four words are here')).status, 303);

  const settings = { DATA_DIR: site.core.config.dataDir };
  for (const args of [
    ['user', 'create', 'bob'],
    ['user', 'passwd', 'Ann Lee'],
  ]) {
    const ran = await parley(settings, [...args, '--json'], 'password1\n');
    t.like(JSON.parse(ran.err), { code: 'invalid', field: 'password' });
    t.is((await parley(settings, args, 'five words are just here\n')).status, 0);
  }
});

test('a common password that was set before still logs in', async (t) => {
  const site = await startServerFor(t);
  await createAccount(site.core, { name: 'Ann', password: PASSWORD });
  const { id } = await userByName(site.core, 'Ann');
  await site.core.store.users.update(id, { passwordHash: await site.core.passwords.hash('password', 'known') });
  t.is((await site.client().form('/login', { name: 'Ann', password: 'password' })).status, 303);
});
