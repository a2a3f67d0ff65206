import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ConfigError, readConfig } from '../../lib/config.ts';
import { SECRET_SETTINGS } from '../../lib/config-files.ts';
import { freshSettings, parley, refused } from '../cli/cli.ts';
import { startServerFor } from '../helpers/server.ts';
import { freshDatabase, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';

const [mongo, redis] = await Promise.all([mongoService(), redisService()]);

const KEY = 'TOP-SECRET-0123456789-abcdefghijkl';
const AES = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
/** A valid text of each secret setting, and the same as readConfig gives it. */
const VALUES: Readonly<Record<string, readonly [text: string, field: string, value: unknown]>> = {
  MONGODB_URL: ['mongodb://ann:TOP-SECRET@db/parley', 'mongodbUrl', 'mongodb://ann:TOP-SECRET@db/parley'],
  REDIS_URL: ['redis://:TOP-SECRET@r1\nredis://:TOP-SECRET@r2', 'redisUrl', 'redis://:TOP-SECRET@r1,redis://:TOP-SECRET@r2'],
  SECRET_KEYS: [`${KEY}\n${KEY}2`, 'secretKeys', [KEY, `${KEY}2`]],
  ENCRYPTION_KEYS: [AES, 'encryptionKeys', [AES]],
  METRICS_TOKEN: ['TOP-SECRET-token-1', 'metricsToken', 'TOP-SECRET-token-1'],
  OIDC_CLIENT_SECRET: ['TOP-SECRET-secret-1', 'oidcClientSecret', 'TOP-SECRET-secret-1'],
  SMTP_URL: ['smtps://me:TOP-SECRET@mail.example.org', 'smtpUrl', 'smtps://me:TOP-SECRET@mail.example.org'],
};

const PUBLIC = { PUBLIC_URL: 'https://chat.example.org' };
const NO_SECRETS = ['PUBLIC_URL', 'AUTH_PROXY_LOGOUT_URL'];

/** A folder that is removed with the test, and a way to write files in it. */
function folder(t: ExecutionContext): { readonly dir: string; write(name: string, text: string): string } {
  const dir = mkdtempSync(join(tmpdir(), 'parley-secrets-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  return { dir, write };
}

const problemOf = (env: Record<string, string>): string => {
  try {
    readConfig(env);
    return '';
  } catch (error) {
    return error instanceof ConfigError ? (error.message.split('\n  ')[1] ?? '') : String(error);
  }
};

test('every setting that holds a secret may be in a file; these are all', (t) => {
  const { write } = folder(t);
  t.deepEqual(Object.keys(VALUES), Object.keys(SECRET_SETTINGS));
  for (const [name, [text, field, value]] of Object.entries(VALUES)) {
    const inFile: Record<string, unknown> = { ...readConfig({ ...PUBLIC, [`${name}_FILE`]: write(name, `${text}\r\n`) }) };
    const given: Record<string, unknown> = { ...readConfig({ ...PUBLIC, [name]: text.replaceAll('\n', ',') }) };
    t.deepEqual(inFile, given, name);
    t.deepEqual(inFile[field], value, name);
  }
  const secrets = readFileSync('README.md', 'utf8').match(/^\| `[A-Z_`, ]+(URL|KEYS|TOKEN|SECRET)`/gm) ?? [];
  t.deepEqual(
    secrets
      .map((row) => row.slice(3, -1))
      .filter((name) => !NO_SECRETS.includes(name))
      .sort(),
    Object.keys(SECRET_SETTINGS).sort(),
    'a new secret setting needs a line in lib/config-files.ts',
  );
});

test('a setting that is given twice is refused, by both names; one of them alone is taken', (t) => {
  const { write } = folder(t);
  const file = write('token', 'TOP-SECRET-token-1');
  t.is(
    problemOf({ METRICS_TOKEN: 'TOP-SECRET-token-2', METRICS_TOKEN_FILE: file }),
    'METRICS_TOKEN and METRICS_TOKEN_FILE are both set: keep one of them',
  );
  t.is(problemOf({ METRICS_TOKEN: '', METRICS_TOKEN_FILE: file }), '');
  t.is(problemOf({ METRICS_TOKEN: 'TOP-SECRET-token-2', METRICS_TOKEN_FILE: '' }), '');
});

test('a file that is missing, empty, a folder, too large or wrong is named with its setting, never with what is in it', (t) => {
  const { dir, write } = folder(t);
  const cases: [file: string, problem: string][] = [
    [join(dir, 'none'), `METRICS_TOKEN_FILE names a file that cannot be read: ${dir}/none (there is no such file)`],
    [dir, `METRICS_TOKEN_FILE names a file that cannot be read: ${dir} (it is a folder)`],
    [write('empty', ' \n\n'), `METRICS_TOKEN_FILE names an empty file: ${dir}/empty`],
    [write('two', 'TOP-SECRET-token-1\nTOP-SECRET-token-2'), `METRICS_TOKEN_FILE names a file of more than one line: ${dir}/two`],
    [write('large', 'TOP-SECRET'.repeat(7000)), `METRICS_TOKEN_FILE names a file of more than 64 KiB: ${dir}/large`],
    [write('short', 'TOP-SECRET'), 'METRICS_TOKEN must have 16 to 512 characters of A-Z a-z 0-9 - . _ ~ + /'],
    ['TOP-SECRET-token-1', 'METRICS_TOKEN_FILE must be an absolute path'],
  ];
  for (const [file, problem] of cases) t.is(problemOf({ METRICS_TOKEN_FILE: file }), problem);
});

test('a command with a bad file ends with status 1 and the reason; with a good one it works', async (t) => {
  const settings = await freshSettings(t);
  const { dir, write } = folder(t);
  const ran = await parley({ ...settings, SECRET_KEYS_FILE: join(dir, 'none') }, ['user', 'list']);
  t.is(ran.status, 1);
  t.true(ran.err.includes(`SECRET_KEYS_FILE names a file that cannot be read: ${dir}/none`), ran.err);
  const good = { ...settings, SECRET_KEYS_FILE: write('keys', `${KEY}\n`) };
  t.is((await parley(good, ['user', 'create', 'ann'], 'correct horse battery\n')).status, 0);
  refused(t, await parley(good, ['user', 'create', 'ann'], 'correct horse battery\n'), /taken/);
});

requireOrSkip(
  test,
  mongo,
  redis,
)('a server takes the addresses of its databases, its keys and its token from files', async (t) => {
  const { write } = folder(t);
  const { core, client, signUp } = await startServerFor(t, {
    env: {
      MONGODB_URL_FILE: write('mongodb', `${freshDatabase(present(mongo))}\n`),
      REDIS_URL_FILE: write('redis', `${present(redis).url}\n`),
      SECRET_KEYS_FILE: write('keys', KEY),
      METRICS_TOKEN_FILE: write('token', 'TOP-SECRET-token-1'),
    },
  });
  await signUp('Ann');
  t.is(core.store.kind, 'mongo');
  const metrics = (token: string) => client().get('/metrics', '*/*', { Authorization: `Bearer ${token}` });
  t.deepEqual([(await metrics('TOP-SECRET-token-1')).status, (await metrics('TOP-SECRET-token-2')).status], [200, 401]);
});
