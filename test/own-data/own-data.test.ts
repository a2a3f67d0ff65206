import test from 'ava';
import { wholeAudit } from '../../lib/audit/reading.ts';
import { bodiesFor, newGroup, openLobby, postAs, userNamed } from '../helpers/fixtures.ts';
import { setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD } from '../helpers/server.ts';
import { freshDatabase, mongoService, present, requireOrSkip } from '../helpers/services.ts';

const mongo = await mongoService();
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

for (const [store, register, env] of STORES)
  for (const messages of ['keep', 'erase'] as const)
    register.serial(
      `${store}: delete account: it is gone, and its messages are ${messages === 'keep' ? 'kept under another name' : 'erased'}`,
      async (t) => {
        const { core, ann, bob, client, signUp } = await openLobby(t, { env: env() });
        const { id } = await userNamed(core, 'Bob');
        const slug = await newGroup(ann, 'Kitchen', ['Bob']);
        await bob.form('/settings/profile', { action: 'name', display_name: 'Robert' });
        for (const where of ['lobby', slug]) await postAs(bob, `by Bob in ${where}`, where);
        await postAs(ann, '@Bob stays');
        t.is((await bob.form('/settings/delete', { messages, current: 'not the password' })).status, 422);
        t.is((await bob.form('/settings/delete', { current: PASSWORD })).status, 400, 'what becomes of the messages is asked');
        t.is((await bob.get('/me', 'application/json')).status, 200);
        t.is((await bob.form('/settings/delete', { messages, current: PASSWORD })).headers.get('location'), '/');

        t.is((await bob.get('/me', 'application/json')).status, 401);
        t.is((await client().form('/login', { name: 'Bob', password: PASSWORD })).status, 422);
        const kept = messages === 'keep';
        t.deepEqual(await bodiesFor(ann), [kept ? 'by Bob in lobby' : '', '@Bob stays']);
        t.deepEqual(await bodiesFor(ann, slug), [kept ? `by Bob in ${slug}` : '']);
        const page = (await ann.get('/groups/lobby')).text;
        t.regex(page, />Former member<\/a>/);
        t.notRegex(page, /Robert/);
        const user = await core.store.users.byId(id);
        t.like(user, { name: `former-${id}`, displayName: 'Former member', passwordHash: null, disabled: true });
        t.deepEqual(await core.store.memberships.ofUser(id), []);
        t.truthy(await signUp('Bob'), 'the name is free');
        t.true((await Array.fromAsync(wholeAudit(core))).some(({ act, subject }) => act === 'account_deleted' && subject?.name === 'Bob'));
      },
    );

test('delete account: the last administrator is refused, and stays', async (t) => {
  const { ann } = await openLobby(t);
  const { status, text } = await ann.form('/settings/delete', { messages: 'keep', current: PASSWORD });
  t.is(status, 403);
  t.regex(text, /last administrator/);
  t.is((await ann.get('/admin')).status, 200);
});

test('download: everything about a person, and nothing that others wrote', async (t) => {
  const { ann, bob, client, clock, core } = await openLobby(t);
  const { app, codes } = await setUpApp(bob, clock);
  const address = { mac: 'm', sealed: core.secrets.seal('bob@example.org'), confirmedAt: 1, digest: false, digestDue: 0, digestUpTo: 0 };
  await core.store.addresses.put({ user: (await userNamed(core, 'Bob')).id, ...address });
  await postAs(bob, 'what Bob wrote');
  await postAs(ann, 'what Ann wrote');
  await bob.form('/settings/tokens', { name: 'laptop' });
  const { status, headers, text } = await bob.get('/settings/data.jsonl');
  t.is(status, 200);
  t.is(headers.get('content-type'), 'application/jsonl');
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.like(
    rows.find(({ type }) => type === 'account'),
    { name: 'Bob', has_password: true },
  );
  t.deepEqual(
    rows.filter(({ type }) => type === 'message').map(({ body }) => body),
    ['what Bob wrote'],
  );
  t.like(
    rows.find(({ type }) => type === 'mail_address'),
    { address: 'bob@example.org', digest: false },
  );
  for (const secret of [app.secret, ...codes]) t.false(text.includes(secret));
  for (const type of ['session', 'token', 'credential', 'membership', 'security_event', 'end'])
    t.true(
      rows.some((row) => row.type === type),
      type,
    );
  t.notRegex(text, /what Ann wrote|\$2[aby]\$/);
  t.is((await client().get('/settings/data.jsonl', 'application/json')).status, 401);
});
