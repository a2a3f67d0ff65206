import test from 'ava';
import { openLobby } from '../helpers/fixtures.ts';

test('the page of the API is rendered once for everybody who is not logged in, with nonces of each response, and answers 304', async (t) => {
  const site = await openLobby(t);
  const visitor = site.client();
  const first = await visitor.get('/docs');
  const second = await visitor.get('/docs');
  t.is(first.status, 200);
  const nonces = [first, second].map(({ headers }) => /'nonce-([^']+)'/.exec(headers.get('Content-Security-Policy') ?? '')?.[1] ?? '');
  t.not(nonces[0], nonces[1]);
  t.true(first.text.includes(`nonce="${nonces[0]}"`) && second.text.includes(`nonce="${nonces[1]}"`));
  t.is(first.text.replaceAll(nonces[0] ?? '', ''), second.text.replaceAll(nonces[1] ?? '', ''));
  const etag = first.headers.get('ETag') ?? '';
  t.regex(etag, /^W\/"/);
  const unchanged = await visitor.get('/docs', 'text/html', { 'If-None-Match': etag });
  t.deepEqual([unchanged.status, unchanged.text, unchanged.headers.get('Content-Security-Policy')], [304, '', null]);
});

test('somebody who is logged in has the page with the own name, and it is not stored', async (t) => {
  const { ann, client } = await openLobby(t);
  await client().get('/docs');
  const page = await ann.get('/docs');
  t.true(page.text.includes('>Ann<'));
  t.is(page.headers.get('Cache-Control'), 'no-store');
  t.false((await client().get('/docs')).text.includes('>Ann<'));
});

test('a message for a visitor is shown there once', async (t) => {
  const { ann, client } = await openLobby(t);
  await client().get('/docs');
  await ann.form('/logout', {});
  t.true((await ann.get('/docs')).text.includes('You are logged out.'));
  t.false((await ann.get('/docs')).text.includes('You are logged out.'));
});
