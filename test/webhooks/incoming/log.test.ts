import { spawnSync } from 'node:child_process';
import test from 'ava';
import { loggablePath } from '../../../lib/logger.ts';

const TOKEN = 'Abcdefghijklmnopqrstuvwxyz0123456789ABCD';

const KEY = 'k3y0fab0t0000000-Zz09Zz09Zz09';

const PATHS: [path: string, logged: string][] = [
  [`/hooks/${TOKEN}`, '/hooks/[redacted]'],
  [`/hooks/${TOKEN}/`, '/hooks/[redacted]'],
  [`/hooks/${TOKEN}/extra?x=${TOKEN}`, '/hooks/[redacted]'],
  [`/HOOKS/${TOKEN}`, '/HOOKS/[redacted]'],
  [`/hooks//${TOKEN}`, '/hooks/[redacted]'],
  [`/services/T0/B0/${TOKEN}`, '/services/[redacted]'],
  [`/api/webhooks/1/${TOKEN}`, '/api/webhooks/[redacted]'],
  [`/api/v10/webhooks/1/${TOKEN}?wait=true`, '/api/v10/webhooks/[redacted]'],
  [`/rooms/1/7-${TOKEN}/messages`, '/rooms/1/[redacted]'],
  [`/rooms/1/${KEY}/messages`, '/rooms/1/[redacted]'],
  [`//rooms/1/${KEY}/messages`, '/rooms/1/[redacted]'],
  [`/rooms//${KEY}/messages`, '/rooms//[redacted]'],
  [`/chat/rooms/1/${KEY}/messages`, '/chat/rooms/1/[redacted]/messages'],
  [`/rooms/${KEY.replace('-', '%2D')}`, '/rooms/[redacted]'],
  [`//hooks/${TOKEN}`, '/hooks/[redacted]'],
  [`/api//webhooks/1/${TOKEN}`, '/api//webhooks/[redacted]'],
  [`/groups/lobby?token=${TOKEN}`, '/groups/lobby'],
  ['/groups/lobby/messages/3', '/groups/lobby/messages/3'],
  ['/hooks', '/hooks'],
  ['/', '/'],
];

for (const [path, logged] of PATHS)
  test(`the log names ${path.replaceAll(TOKEN, 'TOKEN')} as ${logged}`, (t) => t.is(loggablePath(path), logged));

/** Runs a program and gives the lines it logs; the logger writes to the standard output of its own process. */
function linesOf(program: string): string[] {
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout.split('\n').filter((line) => line !== '');
}

const LOG = JSON.stringify(new URL('../../../lib/logger.ts', import.meta.url).href);

test('log: fields that may contain a secret are redacted, whoever logs them', (t) => {
  const fields = ['password', 'token', 'cookie', 'authorization', 'code', 'secret', 'key', 'body'];
  const lines = linesOf(`
    import { openLogger } from ${LOG};
    const log = openLogger({ logLevel: 'info' });
    for (const field of ${JSON.stringify(fields)}) log.info({ [field]: '${TOKEN}', kept: 7 }, 'flat');
    for (const field of ['password', 'token', 'cookie', 'authorization']) log.info({ headers: { [field]: '${TOKEN}' } }, 'nested');
    log.debug({}, 'below the level');
  `);
  t.is(lines.length, fields.length + 4);
  for (const line of lines) t.true(!line.includes(TOKEN) && line.includes('[redacted]'), line);
  t.is(JSON.parse(lines[0] ?? '').kept, 7);
});

test('log: no line contains a token, cookie, password or body, even at the lowest level', (t) => {
  const server = JSON.stringify(new URL('../../helpers/server.ts', import.meta.url).href);
  const operations = JSON.stringify(new URL('../../../lib/accounts/campfire-key.ts', import.meta.url).href);
  const lines = linesOf(`
    import { startServer } from ${server};
    import { campfireKey } from ${operations};
    const site = await startServer({ env: { LOG_LEVEL: 'debug' } });
    const ann = await site.signUp('Ann', 'SECRETpassword');
    const made = (await ann.form('/groups/lobby/bots', { action: 'create', name: 'Deploy' })).text;
    const hook = /\\/hooks\\/[A-Za-z0-9]+/.exec(made)[0];
    const token = /id="made-token"[^>]* value="([A-Za-z0-9]+)"/.exec(made)[1];
    await ann.json('POST', hook, { text: 'SECRETbody' });
    for (const path of [hook, hook.toUpperCase(), hook + '/x', '/nowhere?' + token]) await ann.send(path, { method: 'POST', body: 'SECRETbody' });
    const bot = await site.core.store.users.byNameKey('deploy');
    const key = campfireKey(site.core, bot);
    const said = await ann.send('/rooms/lobby/' + key + '/messages', { method: 'POST', body: 'SECRETbody' });
    if (said.status !== 201) throw new Error(said.text);
    for (const path of ['/rooms/1/' + key + '/messages', site.url + '//rooms/1/' + key + '/messages', '/rooms/' + key, '/x?' + key, '/rooms/none/' + key + 'x/messages/1'])
      for (const method of ['PUT', 'DELETE']) await ann.send(path, { method, body: 'SECRETbody' });
    await ann.get('/rooms/1/' + key + '/messages?before=99');
    await site.client().bearer(token).get('/groups/lobby', '*/*');
    await site.client().form('/login', { name: 'Ann', password: 'SECRETwrong' });
    const group = await site.core.store.groups.bySlug('lobby');
    await site.close();
    console.log(JSON.stringify({ secrets: ['SECRET', key.slice(17), hook.slice(7), hook.slice(7).toUpperCase(), token, ann.cookies.get('parley'), group.codeMac] }));
  `);
  const { secrets } = JSON.parse(lines.pop() ?? '{}') as { secrets: string[] };
  t.true(lines.filter((line) => line.includes('"msg":"request"')).length >= 21);
  for (const line of lines) for (const secret of secrets) t.false(line.includes(secret), line);
});
