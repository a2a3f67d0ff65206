import test from 'ava';
import sharp from 'sharp';
import { readAudit } from '../../lib/audit/reading.ts';
import type { Client } from '../helpers/client.ts';
import { openLobby } from '../helpers/fixtures.ts';
import { startServerFor } from '../helpers/server.ts';

const picture = () =>
  sharp({ create: { width: 60, height: 40, channels: 3, background: 'red' } })
    .png()
    .toBuffer();

async function upload(client: Client, content: Uint8Array) {
  const form = new FormData();
  form.set('picture', new Blob([new Uint8Array(content)]), 'logo.png');
  return client.send('/admin/site/picture', { method: 'POST', body: form, headers: { Accept: 'text/html' } });
}

test('site: its name and picture are in titles, on the log-in page, in the manifest, and of a second server', async (t) => {
  const { core, ann, bob, client, server } = await openLobby(t);
  t.is((await bob.get('/admin/site')).status, 403);
  t.is((await bob.form('/admin/site', { action: 'name', name: 'Mine' })).status, 403);
  t.is((await upload(bob, await picture())).status, 403);
  t.is((await ann.form('/admin/site', { action: 'name', name: 'x'.repeat(41) })).status, 422);
  t.is((await ann.form('/admin/site', { action: 'name', name: 'The <Kitchen>' })).status, 422);
  t.is((await ann.form('/admin/site', { action: 'name', name: ' The  Kitchen ' })).status, 303);
  t.regex((await client().get('/login')).text, /<title>Log in · The Kitchen<\/title>/);
  t.regex((await bob.get('/groups')).text, /class="brand" href="\/groups"><span>The Kitchen</);

  t.is((await upload(ann, Buffer.from('no picture'))).status, 422);
  t.is((await upload(ann, await picture())).status, 303);
  const manifest = (await client().get('/manifest.webmanifest')).json<{ name: string; icons: { src: string }[] }>();
  t.is(manifest.name, 'The Kitchen');
  const [first] = manifest.icons;
  const icon = await client().get(first?.src ?? '');
  t.like(icon, { status: 200 });
  t.is(icon.headers.get('content-type'), 'image/webp');
  t.regex(icon.headers.get('cache-control') ?? '', /^public/);
  t.regex((await client().get('/login')).text, new RegExp(`<link rel="icon" href="${first?.src}/small"`));
  t.is((await client().get('/site-icon/00000000000000000000000000')).status, 404);

  await core.store.settings.put('site-name', 'The Canteen'); // as by another server
  await server.sweep();
  t.regex((await client().get('/login')).text, /The Canteen/);
  t.is((await ann.form('/admin/site', { action: 'unpicture' })).status, 303);
  t.is((await client().get(first?.src ?? '')).status, 404, 'the file is removed');
  await ann.form('/admin/site', { action: 'name', name: '' });
  t.regex((await client().get('/login')).text, /<title>Log in · Parley</);
  const acts = (await readAudit(core, { limit: 9 })).entries.map(({ act, detail }) => [act, detail]);
  t.deepEqual(acts, [
    ['site_changed', 'name: Parley'],
    ['site_changed', 'picture removed'],
    ['site_changed', 'picture'],
    ['site_changed', 'name: The Kitchen'],
  ]);
});

test('site: administrators choose who signs up, and the code', async (t) => {
  const { core, ann, client } = await openLobby(t);
  const signUp = (name: string, code = '') => client().form('/signup', { name, password: 'correct horse battery', code });
  t.is((await signUp('Cleo')).status, 303);
  t.is((await ann.form('/admin/site', { action: 'signup', mode: 'closed' })).status, 303);
  t.is((await signUp('Dora')).status, 403);
  t.is((await ann.form('/admin/site', { action: 'code', code: 'open sesame' })).status, 409, 'without codes');
  t.is((await ann.form('/admin/site', { action: 'signup', mode: 'code' })).status, 303);
  t.is((await ann.form('/admin/site', { action: 'code', code: 'sesame' })).status, 422);
  t.is((await ann.form('/admin/site', { action: 'code', code: 'open-sesame' })).status, 303);
  t.regex((await ann.get('/admin/site')).text, /value="open-sesame"/);
  t.is((await signUp('Dora')).status, 422);
  t.is((await signUp('Dora', 'open-sesame')).status, 303);
  t.regex((await ann.form('/admin', { action: 'renew-code' })).text, /Renew the invitation code\?/);
  t.is((await signUp('Emil', 'open-sesame')).status, 303, 'it only asked');
  t.is((await ann.form('/admin?q=bob', { action: 'renew-code', sure: '1' })).headers.get('location'), '/admin?q=bob', 'the filter stays');
  t.is((await signUp('Fay', 'open-sesame')).status, 422);
  const acts = (await readAudit(core, { limit: 9 })).entries.map(({ act }) => act);
  t.deepEqual(acts, ['invitation_code_renewed', 'invitation_code_renewed', 'signup_changed', 'signup_changed']);
});

test('site: what the environment sets wins, and the page says so', async (t) => {
  const site = await startServerFor(t, { env: { SIGNUP: 'open', SITE_NAME: 'Galley' } });
  const ann = await site.signUp('Ann');
  await site.core.store.settings.put('signup', 'closed');
  await site.core.store.settings.put('site-name', 'Kitchen');
  const { text } = await ann.get('/admin/site');
  t.regex(text, /Set by SIGNUP in the environment/);
  t.regex(text, /Set by SITE_NAME in the environment/);
  t.regex(text, /<title>Site · Galley</);
  t.is((await ann.form('/admin/site', { action: 'signup', mode: 'closed' })).status, 409);
  t.is((await ann.form('/admin/site', { action: 'name', name: 'Kitchen' })).status, 409);
  await site.signUp('Bob');
});
