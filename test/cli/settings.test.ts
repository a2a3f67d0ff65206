import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { folderOf } from '../backup/data.ts';
import { parley, refused } from './cli.ts';

test('config: prints every setting with its value and source, and no secret', async (t) => {
  const file = join(await folderOf(t), 'token');
  await writeFile(file, 'a-token-of-the-metrics-1234\n');
  const settings = {
    ...{ PORT: '8080', TRUST_PROXY: 'on', ALLOWED_HOSTS: 'Chat.Lan,192.0.2.7', METRICS_TOKEN_FILE: file },
    MONGODB_URL: 'mongodb://user:hidden-1@db.example/parley',
    REDIS_URL: 'redis://:hidden-2@a.example:1,redis://:hidden-2@b.example:2',
    SECRET_KEYS: `${'hidden-3'.repeat(4)},${'hidden-4'.repeat(4)}`,
  };
  const ran = await parley(settings, ['config', '--json']);
  t.is(ran.status, 0, ran.err);
  t.notRegex(ran.out, /hidden|a-token/);
  const rows = new Map(ran.rows().map(({ name, value, source }) => [name, [value, source]]));
  t.deepEqual(rows.get('PORT'), [8080, 'environment']);
  t.deepEqual(rows.get('HOST'), ['127.0.0.1', 'default']);
  t.deepEqual(rows.get('TRUST_PROXY'), [true, 'environment']);
  t.deepEqual(rows.get('ALLOWED_HOSTS'), ['chat.lan,192.0.2.7', 'environment']);
  t.deepEqual(rows.get('MONGODB_URL'), ['mongodb://…@db.example/parley', 'environment']);
  t.deepEqual(rows.get('REDIS_URL'), ['redis://…@a.example:1,redis://…@b.example:2', 'environment']);
  t.deepEqual(rows.get('SECRET_KEYS'), ['2 set', 'environment']);
  t.deepEqual(rows.get('METRICS_TOKEN'), ['set', 'file']);
  t.regex((await parley(settings, ['config'])).out, /^PORT +8080 +environment$/m);
  refused(t, await parley({ PORT: 'x' }, ['config', '--json']), /PORT must be a whole number/);
});
