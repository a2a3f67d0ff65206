import test from 'ava';
import { basePathOf, OWN_SEGMENTS, withBase, withBaseInHtml, withoutBase } from '../lib/base-path.ts';
import { startServer } from './helpers/server.ts';

test('base path: of an address with and without a path', (t) => {
  t.is(basePathOf(undefined), '');
  t.is(basePathOf('https://example.org'), '');
  t.is(basePathOf('https://example.org/chat/'), '/chat');
});

test('base path: is removed from a request only as a whole segment', (t) => {
  for (const [url, without] of [
    ['/chat', '/'],
    ['/chat?q=1', '/?q=1'],
    ['/chat/groups?q=1', '/groups?q=1'],
    ['/chatter', '/chatter'],
    ['/groups', '/groups'],
  ] as const)
    t.is(withoutBase(url, '/chat'), without, url);
  t.is(withoutBase('/groups', ''), '/groups');
});

test('base path: is added to paths of this site once, and to nothing else', (t) => {
  for (const [url, added] of [
    ['/groups', '/chat/groups'],
    ['/', '/chat/'],
    ['/chat/groups', '/chat/groups'],
    ['//elsewhere.example/x', '//elsewhere.example/x'],
    ['https://elsewhere.example/', 'https://elsewhere.example/'],
    ['#m-1', '#m-1'],
  ] as const)
    t.is(withBase(url, '/chat'), added, url);
  t.is(withBase('/groups', ''), '/groups');
});

test('base path: is added to the links of HTML, not to texts', (t) => {
  const html = '<a href="/groups" title="/x">a href=&quot;/groups&quot;</a><form action="/login" hx-post="/x"><img src="/static/a.png">';
  t.is(
    withBaseInHtml(html, '/chat'),
    '<a href="/chat/groups" title="/x">a href=&quot;/groups&quot;</a><form action="/chat/login" hx-post="/chat/x"><img src="/chat/static/a.png">',
  );
});

test('base path: the first segments of all routes are known, so that none can be the beginning of a base path', async (t) => {
  const site = await startServer({ isDev: true });
  await site.close();
  const segments = new Set(site.server.routes().map(({ path }) => path.split('/')[1] ?? ''));
  t.deepEqual(
    [...segments].filter((segment) => segment !== '' && !OWN_SEGMENTS.has(segment)),
    [],
  );
});
