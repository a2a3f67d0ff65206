import test from 'ava';
import { openLobby } from '../helpers/fixtures.ts';

const URIS = 'https://agent.example/back\n http://127.0.0.1/cb ';

test('/admin/programs: administrators add programs with a secret, shown once, and remove them after a question', async (t) => {
  const { ann, bob, core } = await openLobby(t);
  t.is((await bob.get('/admin/programs')).status, 403);
  const fields = { action: 'add', name: 'Agent', redirect: URIS };
  t.is((await bob.form('/admin/programs', fields)).status, 403);
  t.deepEqual(await core.store.oauthClients.listAdded(9), []);

  const added = await ann.form('/admin/programs', { ...fields, secret: '1' });
  t.is(added.headers.get('Cache-Control'), 'no-store, no-transform');
  const [client] = await core.store.oauthClients.listAdded(9);
  t.like(client, { name: 'Agent', redirectUris: ['https://agent.example/back', 'http://127.0.0.1/cb'], source: 'added', expiresAt: null });
  const [secret = ''] = /id="client-secret" class="mono" value="(\w{40})"/.exec(added.text)?.slice(1) ?? [];
  t.is(secret.length, 40);
  const page = await ann.get('/admin/programs');
  t.true(page.text.includes(client?.id ?? 'none') && !page.text.includes(secret));

  const refused = await ann.form('/admin/programs', { ...fields, name: 'Second', redirect: 'http://agent.example/', secret: '1' });
  t.is(refused.status, 422);
  t.regex(refused.text, /value="Second".*aria-invalid="true".*>http:\/\/agent\.example\/<.*is no redirect URI/s);
  t.regex(refused.text, /name="secret" value="1" checked/);

  const remove = { action: 'remove', id: client?.id ?? '' };
  t.regex((await ann.form('/admin/programs', remove)).text, /Remove Agent\?/);
  t.is((await core.store.oauthClients.listAdded(9)).length, 1, 'not before the answer');
  t.is((await bob.form('/admin/programs', { ...remove, sure: '1' })).status, 403);
  t.is((await ann.form('/admin/programs', { ...remove, sure: '1' })).status, 303);
  t.deepEqual(await core.store.oauthClients.listAdded(9), []);
  t.is((await ann.form('/admin/programs', remove)).status, 404);
});
