import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { breachesIn } from '../../fixtures/hostile.ts';
import { OPERATIONS } from '../../lib/api/table.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { NOT_DESCRIBED } from './not-described.ts';
import { callsIn, type Document, faultsInDocument } from './openapi.ts';

let site: TestServer;
let document: Document;
test.before(async () => {
  site = await startServer();
  document = (await site.client().get('/openapi.json', 'application/json')).json<Document>();
});
test.after.always(() => site.close());

test('API document: is OpenAPI 3.1 with the version of Parley', (t) => {
  t.deepEqual(faultsInDocument(document), []);
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
  t.deepEqual([document.info.title, document.info.version], ['Parley', version]);
});

test('API document: errors in a document are detected', (t) => {
  const read = document.paths['/groups/{slug}/read']?.post;
  if (!read) return t.fail();
  const withRead = (change: object): Document => ({
    ...document,
    paths: { ...document.paths, '/groups/{slug}/read': { post: { ...read, ...change } } },
  });
  const { Message: _gone, ...schemas } = document.components.schemas;
  const at = 'post /groups/{slug}/read:';
  t.deepEqual(faultsInDocument({ ...document, openapi: '3.0.0' }), ['openapi: not 3.1']);
  t.deepEqual(faultsInDocument(withRead({ operationId: 'react' })), ['react: twice']);
  t.deepEqual(faultsInDocument(withRead({ parameters: [] })), [`${at} path parameters do not match`]);
  t.deepEqual(faultsInDocument(withRead({ tags: ['None'] })), [`${at} an unknown tag`]);
  t.deepEqual(faultsInDocument(withRead({ security: [{ nobody: [] }] })), [`${at} an unknown security scheme`]);
  t.true(faultsInDocument({ ...document, components: { ...document.components, schemas } }).length > 0);
});

test('API document: is public and revalidated by ETag', async (t) => {
  const answer = await site.client().get('/openapi.json', 'text/html');
  t.is(answer.status, 200);
  t.is(answer.headers.get('content-type'), 'application/json; charset=utf-8');
  t.is(answer.headers.get('cache-control'), 'public, no-cache');
  const etag = answer.headers.get('etag') ?? '';
  t.regex(etag, /^W\/"[0-9a-f]{16}"$/);
  const again = await site.client().get('/openapi.json', '*/*', { 'If-None-Match': etag });
  t.deepEqual([again.status, again.text], [304, '']);
  t.is((await site.client().get('/openapi.json', '*/*', { 'If-None-Match': '"another"' })).status, 200);
});

/** A route's pattern with its parameters' names left out. */
const bare = (method: string, path: string): string => `${method.toUpperCase()} ${path.replaceAll(/:\w+|\{\w+\}/g, '*')}`;

test('API document: every route is described or in the list of undescribed routes', (t) => {
  const described = new Set(callsIn(document).map(({ method, path }) => bare(method, path)));
  const apart = new Set(NOT_DESCRIBED.map((one) => bare(...(one.split(' ') as [string, string]))));
  const routes = site.server.routes().map(({ method, path }) => bare(method, path));
  t.deepEqual(
    [...new Set(routes)].filter((route) => !described.has(route) && !apart.has(route)),
    [],
    'describe these in a table of lib/api, or name them in test/api/not-described.ts',
  );
  t.deepEqual(
    [...described, ...apart].filter((route) => !routes.includes(route)),
    [],
    'there are no such routes',
  );
  t.deepEqual(
    [...apart].filter((route) => described.has(route)),
    [],
  );
});

test('API page: shows every operation with its own URL fragment, and nothing internal', async (t) => {
  for (const client of [site.client(), await site.signUp('Ann')]) {
    const { status, text } = await client.get('/docs');
    t.is(status, 200);
    t.deepEqual(breachesIn(text), []);
    for (const { id, summary } of OPERATIONS) t.true(text.includes(`<h3 id="${id}-title"><a href="#${id}">${summary}</a></h3>`), id);
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id);
    t.is(new Set(ids).size, ids.length);
    for (const [, id = ''] of text.matchAll(/href="#([^"]+)"/g)) t.true(ids.includes(id), id);
    t.false(text.includes('`'), 'code is set as code');
  }
});
