import test from 'ava';
import { inviteCode } from '../../lib/accounts/invite-code.ts';
import { PASSWORD, startServerFor } from '../helpers/server.ts';

test('sign-up: with SIGNUP=closed only the first account can be created; log-in still works', async (t) => {
  const site = await startServerFor(t, { env: { SIGNUP: 'closed' } });
  await site.signUp('Ann');
  const eve = site.client();
  const answer = await eve.form('/signup', { name: 'Eve', password: PASSWORD });
  t.is(answer.status, 403);
  t.is(await site.core.store.users.byNameKey('eve'), undefined);
  t.is((await eve.get('/groups')).headers.get('location'), '/login?return_to=%2Fgroups');
  const page = (await site.client().get('/')).text;
  t.notRegex(page, /action="\/signup"/);
  t.regex(page, /Sign-up is closed\. Ask an administrator/);
  t.is((await site.client().form('/login', { name: 'Ann', password: PASSWORD })).status, 303);
});

test('sign-up: with SIGNUP=code new accounts need the invitation code', async (t) => {
  const site = await startServerFor(t, { env: { SIGNUP: 'code' } });
  await site.signUp('Ann');
  const code = (await inviteCode(site.core)) ?? '';
  t.true(code.length >= 12);
  for (const wrong of [{}, { code: 'guess' }]) {
    const answer = await site.client().form('/signup', { name: 'Bob', password: PASSWORD, ...wrong });
    t.is(answer.status, 422);
    t.regex(answer.text, /Invitation code is missing or wrong/);
    t.regex(answer.text, /id="signup-name" name="name" type="text" value="Bob"/);
  }
  t.is((await site.client().form('/signup', { name: 'Bob', password: PASSWORD, code })).status, 303);
});

test('sign-up: administrators see and renew the invitation code, the old one stops working; members do neither', async (t) => {
  const site = await startServerFor(t, { env: { SIGNUP: 'code' } });
  const ann = await site.signUp('Ann');
  const codeShown = async (): Promise<string | undefined> =>
    /id="invite-code"[^>]*? value="([^"]+)"/.exec((await ann.get('/admin')).text)?.[1];
  const join = (name: string, code = ''): Promise<number> =>
    site
      .client()
      .form('/signup', { name, password: PASSWORD, code })
      .then(({ status }) => status);
  const before = await codeShown();
  t.is(await join('Bob', before), 303);
  t.is((await ann.form('/admin', { action: 'renew-code', sure: '1' })).status, 303);
  const after = await codeShown();
  t.not(after, before);
  t.is(await join('Carl', before), 422);
  t.is(await join('Carl', after), 303);
  const carl = site.client();
  await carl.form('/login', { name: 'Carl', password: PASSWORD });
  t.is((await carl.get('/admin')).status, 403);
  t.is((await carl.form('/admin', { action: 'renew-code' })).status, 403);
  t.is(await codeShown(), after);
});

test('sign-up: without SIGNUP=code there is no invitation code to show or renew', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  t.notRegex((await ann.get('/admin')).text, /Invitation code/);
  t.is((await ann.form('/admin', { action: 'renew-code', sure: '1' })).status, 409);
});

test('sign-up: the rate of new accounts per address is limited', async (t) => {
  const site = await startServerFor(t);
  for (let i = 0; i < 40; i += 1) await site.signUp(`Sock ${i}`);
  const refused = await site.client().form('/signup', { name: 'Sock 40', password: PASSWORD });
  t.is(refused.status, 429);
  t.true(Number(refused.headers.get('retry-after')) >= 1);
  site.clock.turn(Number(refused.headers.get('retry-after')) * 1000);
  t.is((await site.client().form('/signup', { name: 'Sock 40', password: PASSWORD })).status, 303);
});
