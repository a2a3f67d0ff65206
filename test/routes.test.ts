import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import type { RouteContext } from '../lib/http/route-context.ts';
import { createRouter, listedRoutes, routeFile } from '../lib/http/route-table.ts';
import { Router } from '../lib/http/router.ts';
import { startServer } from './helpers/server.ts';

const root = join(import.meta.dirname, '..');

test('routes: bin/routes.ts prints those of the server, in order, each with the file of its handler', async (t) => {
  const site = await startServer({ isDev: true });
  t.teardown(() => site.close());
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/routes.ts'], { cwd: root });
  const printed = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/ +/));
  t.deepEqual(
    printed.map(([method, path, file]) => `${method} ${path} ${file}`),
    site.server.routes().map(({ method, path, file }) => `${method} ${path} lib/${file}`),
  );
  t.true(printed.length > 100);
  for (const [, , file = ''] of printed) t.true(existsSync(join(root, file)), file);
  const fast = printed.filter(([, , , mark]) => mark === 'fast').map(([method, path]) => `${method} ${path}`);
  for (const route of ['POST /groups/:slug/messages', 'GET /groups/:slug/events', 'GET /groups/:slug/messages/:seq/thread/events'])
    t.true(fast.includes(route), fast.join());
});

test('routes: a file whose routes are not as listed is refused', (t) => {
  const create = (): Router => new Router().get('/a', () => {}).post('/a', () => {});
  const open = (...routes: string[]): Router => createRouter(routeFile('a/routes.ts', create, routes), {} as RouteContext);
  t.notThrows(() => open('GET,POST /a'));
  t.notThrows(() => open('GET /a', 'POST /a'));
  for (const routes of [['GET /a'], ['POST,GET /a'], ['GET,POST /a', 'GET /b'], ['GET,POST /b'], []])
    t.throws(() => open(...routes), { message: /^lib\/a\/routes\.ts has GET \/a, POST \/a; lib\/routes\.ts lists/ }, routes.join());
  t.deepEqual(listedRoutes([routeFile('a/routes.ts', create, ['GET,POST /a'])]), [
    { method: 'GET', path: '/a', file: 'a/routes.ts' },
    { method: 'POST', path: '/a', file: 'a/routes.ts' },
  ]);
});
