import test, { type ExecutionContext } from 'ava';
import { createToken } from '../../lib/accounts/tokens.ts';
import { ConfigError, readConfig } from '../../lib/config.ts';
import type { Client } from '../helpers/client.ts';
import { Faults, makeFaulty } from '../helpers/faulty-store.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { linkIn, type MailServer, PUBLIC, received, startMailServer } from '../helpers/mail-server.ts';
import { setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD, startServerFor, type TestServer } from '../helpers/server.ts';

type Site = TestServer & { readonly mail: MailServer; readonly ann: Client };

async function siteWithMail(t: ExecutionContext, env: Record<string, string> = {}): Promise<Site> {
  const mail = await startMailServer(t);
  const site = await startServerFor(t, { env: { ...mail.env, ...env } });
  return { ...site, mail, ann: await site.signUp('Ann') };
}

const give = (browser: Client, address: string, current = PASSWORD) => browser.form('/settings/email', { action: 'set', address, current });

/** Gives a person an address, with its link. */
async function confirm(site: Site, browser: Client, address: string): Promise<void> {
  await give(browser, address);
  const [mail] = await received(site, site.mail);
  await browser.form(linkIn(mail, 'confirm-address'), {});
  await received(site, site.mail);
}
const forgot = (site: Site, address: string) => site.client().form('/forgot-password', { address });

test('mail: an address is stored once its owner has opened the link and confirmed', async (t) => {
  const site = await siteWithMail(t);
  const { id } = await userNamed(site.core, 'Ann');
  t.regex((await site.ann.get('/settings')).text, /href="\/settings\/email">Give an address</);
  t.is((await give(site.ann, 'ann@example.org', 'wrong')).status, 422);
  for (const bad of [
    'ann',
    'ann@',
    '@example.org',
    'a b@example.org',
    'ann@example',
    'a@b.org\nBcc: eve@example.org',
    `${'x'.repeat(250)}@example.org`,
  ])
    t.is((await give(site.ann, bad)).status, 422, bad);
  t.deepEqual(await received(site, site.mail), []);
  t.is((await give(site.ann, ' Ann@Example.org ')).status, 303);
  const [mail] = await received(site, site.mail);
  t.is(mail?.to, 'Ann@example.org');
  t.is(await site.core.store.addresses.ofUser(id), undefined);
  const link = linkIn(mail, 'confirm-address');
  const page = await site.client().get(link);
  t.regex(page.text, /Is <b>Ann@Example\.org<\/b> the address of Ann\?/);
  t.is(page.headers.get('referrer-policy'), 'strict-origin');
  t.is(await site.core.store.addresses.ofUser(id), undefined, 'who only looks at the link changes nothing');
  t.is((await site.client().form(link, {})).headers.get('location'), '/');
  t.regex((await site.ann.get('/settings/email')).text, /You get mail at <b>Ann@Example\.org<\/b>/);
  t.is((await site.client().form(link, {})).status, 404, 'once');
  t.is((await site.client().get(`${link}x`)).status, 404);
  t.notRegex(JSON.stringify([await site.core.store.addresses.ofUser(id)]), /example/i, 'sealed');
});

test('mail: a link ends after its time', async (t) => {
  const site = await siteWithMail(t);
  await give(site.ann, 'ann@example.org');
  const link = linkIn((await received(site, site.mail))[0], 'confirm-address');
  site.clock.turn(24 * 3_600_000 + 1000);
  t.is((await site.client().form(link, {})).status, 404);
});

test('mail: it has text and HTML, the sender, and asks for no automatic answer', async (t) => {
  const site = await siteWithMail(t);
  const odd = await site.signUp('Zoë <b>"O’Hara"</b>');
  await give(odd, 'zoe@example.org');
  const [mail] = await received(site, site.mail);
  t.is(mail?.parsed.from?.text, '"Example Chat" <chat@example.org>');
  t.is(mail?.parsed.headers.get('auto-submitted'), 'auto-generated');
  t.is(mail?.parsed.headers.get('list-unsubscribe'), undefined);
  t.regex(mail?.parsed.text ?? '', /Zoë <b>"O’Hara"<\/b> has given this/);
  t.regex(String(mail?.parsed.html), /Zoë &lt;b&gt;&quot;O’Hara&quot;&lt;\/b&gt; has given this/);
  t.true(String(mail?.parsed.html).includes(`href="${PUBLIC}${linkIn(mail, 'confirm-address')}"`));
});

test('mail: a forgotten password is replaced by a link that works once, and ends sessions, tokens and other links', async (t) => {
  const site = await siteWithMail(t);
  await confirm(site, site.ann, 'ann@example.org');
  const user = await userNamed(site.core, 'Ann');
  const { token } = await createToken(site.core, user);
  t.regex((await site.client().get('/login')).text, /href="\/forgot-password"/);
  t.is((await forgot(site, 'ANN@example.org')).headers.get('location'), '/login');
  await forgot(site, 'ann@example.org');
  const [first, second] = await received(site, site.mail);
  t.is(first?.to, 'ANN@example.org');
  const [link, other] = [linkIn(first, 'reset-password'), linkIn(second, 'reset-password')];
  t.regex((await site.client().get(link)).text, /A new password for Ann/);
  const set = (password: string, at = link) => site.client().form(at, { password });
  const short = await set('short');
  t.is(short.status, 422);
  t.regex(short.text, /id="reset-password-error" role="alert">Password is too short/);
  t.is((await set('another good password')).headers.get('location'), '/login');
  for (const used of [link, other]) t.is((await set('yet another password', used)).status, 404);
  t.is((await site.ann.get('/me', 'application/json')).status, 401);
  t.is((await site.client().bearer(token).get('/me', 'application/json')).status, 401);
  t.is((await site.client().form('/login', { name: 'Ann', password: PASSWORD })).status, 422);
  t.is((await site.client().form('/login', { name: 'Ann', password: 'another good password' })).status, 303);
  const [notice] = await received(site, site.mail);
  t.regex(notice?.parsed.subject ?? '', /Password reset: Ann/);
});

test('mail: a new password leaves the second factor as it is; links for it live an hour', async (t) => {
  const site = await siteWithMail(t);
  await confirm(site, site.ann, 'ann@example.org');
  await setUpApp(site.ann, site.clock);
  await received(site, site.mail);
  await forgot(site, 'ann@example.org');
  const link = linkIn((await received(site, site.mail))[0], 'reset-password');
  await site.client().form(link, { password: 'another good password' });
  const answer = await site.client().form('/login', { name: 'Ann', password: 'another good password' });
  t.is(answer.headers.get('location'), '/login/second-factor');
  await received(site, site.mail);
  await forgot(site, 'ann@example.org');
  const late = linkIn((await received(site, site.mail)).at(-1), 'reset-password');
  site.clock.turn(3_600_000 + 1000);
  t.is((await site.client().get(late)).status, 404);
});

test('mail: nothing tells whether an address is anybody’s: answer, reads, writes', async (t) => {
  const site = await siteWithMail(t);
  await confirm(site, site.ann, 'ann@example.org');
  const faults = new Faults();
  makeFaulty(site.core, faults);
  await site.core.indexer.stop();
  const ask = async (address: string) => {
    site.core.lookupCache.invalidate();
    faults.asked.length = 0;
    const browser = site.client();
    const answer = await browser.form('/forgot-password', { address });
    const asked = [...faults.asked];
    await received(site, { ...site.mail, mails: [] });
    return {
      status: answer.status,
      location: answer.headers.get('location'),
      flash: /class="flash"[^>]*>[^<]*/.exec((await browser.get('/login')).text)?.[0],
      asked,
    };
  };
  const known = await ask('ann@example.org');
  t.is(known.status, 303);
  t.regex(known.flash ?? '', /If an account here has this address/);
  t.deepEqual(await ask('nobody@example.org'), known);
  t.deepEqual(
    site.mail.mails.map(({ to }) => to),
    ['ann@example.org'],
    'but only she gets a mail',
  );
});

test('mail: five mails to one address are admitted, then one every 20 minutes, whether it is anybody’s or not', async (t) => {
  const site = await siteWithMail(t, { TRUST_PROXY: 'on' });
  const ask = async (address: string, at: number) =>
    site.client().form('/forgot-password', { address }, { 'X-Forwarded-For': `203.0.113.${at}` });
  for (let at = 0; at < 5; at += 1) t.is((await ask('nobody@example.org', at)).status, 303);
  const refused = await ask('Nobody@Example.org', 99);
  t.is(refused.status, 429);
  t.is((await ask('else@example.org', 99)).status, 303);
  site.clock.turn(Number(refused.headers.get('retry-after')) * 1000);
  t.is((await ask('nobody@example.org', 99)).status, 303);
  for (let at = 0; at < 9; at += 1) await ask(`person-${at}@example.org`, 7);
  const many = await Promise.all([1, 2, 3].map((at) => ask(`more-${at}@example.org`, 7)));
  t.true(
    many.some(({ status }) => status === 429),
    'many addresses from one network',
  );
});

test('mail: disabled people, people without a password and bots get no link', async (t) => {
  const site = await siteWithMail(t);
  const bob = await site.signUp('Bob');
  await confirm(site, bob, 'bob@example.org');
  const { id } = await userNamed(site.core, 'Bob');
  await forgot(site, 'bob@example.org');
  const link = linkIn((await received(site, site.mail))[0], 'reset-password');
  await site.ann.form('/admin', { action: 'disable', user: id });
  t.is((await site.client().form(link, { password: 'another good password' })).status, 404);
  await forgot(site, 'bob@example.org');
  t.deepEqual(await received(site, site.mail), []);
  await site.ann.form('/admin', { action: 'enable', user: id });
  await site.core.store.users.update(id, { passwordHash: null });
  await forgot(site, 'bob@example.org');
  t.deepEqual(await received(site, site.mail), []);
});

test('mail: an administrator invites; the link makes one account with its address, also when sign-up is closed', async (t) => {
  const site = await siteWithMail(t, { SIGNUP: 'closed' });
  t.regex((await site.ann.get('/admin')).text, /Invite by e-mail/);
  t.is((await site.ann.form('/admin', { action: 'invite', address: 'bob@example.org' })).status, 303);
  const [mail] = await received(site, site.mail);
  t.is(mail?.to, 'bob@example.org');
  t.regex(mail?.parsed.text ?? '', /Ann invites you/);
  const link = linkIn(mail, 'invited');
  const bob = site.client();
  t.regex((await bob.get(link)).text, /Ann has invited bob@example\.org/);
  const taken = await bob.form(link, { name: 'Ann', password: PASSWORD });
  t.is(taken.status, 409);
  t.regex(taken.text, /id="invited-name-error" role="alert">The name Ann is taken/);
  const both = await Promise.all(['Bob', 'Carl'].map((name) => site.client().form(link, { name, password: PASSWORD })));
  t.deepEqual(both.map(({ status }) => status).toSorted(), [303, 404], 'one account');
  t.is((await site.client().get(link)).status, 404);
  const [user] = (await site.core.store.users.list({ limit: 9 })).filter(({ name }) => name === 'Bob' || name === 'Carl');
  t.truthy(user && (await site.core.store.addresses.ofUser(user.id)));
  await forgot(site, 'bob@example.org');
  t.is((await received(site, site.mail)).length, 1);
});

test('mail: invitations are for administrators, and end with the role of the sender', async (t) => {
  const site = await siteWithMail(t);
  const bob = await site.signUp('Bob');
  t.is((await bob.form('/admin', { action: 'invite', address: 'eve@example.org' })).status, 403);
  const { id } = await userNamed(site.core, 'Bob');
  await site.ann.form('/admin', { action: 'admin', user: id });
  t.is((await bob.form('/admin', { action: 'invite', address: 'eve@example.org' })).status, 303);
  const link = linkIn((await received(site, site.mail))[0], 'invited');
  t.is((await site.client().get(link)).status, 200);
  await site.ann.form('/admin', { action: 'unadmin', user: id });
  t.is((await site.client().form(link, { name: 'Eve', password: PASSWORD })).status, 404);
});

test('mail: a person is told of a log-in in a new browser and of changes, a former address of the new one', async (t) => {
  const site = await siteWithMail(t);
  await confirm(site, site.ann, 'ann@example.org');
  const browser = site.client();
  const agent = { 'User-Agent': 'Mozilla/5.0 (X11; Linux) Firefox/140.0' };
  await browser.form('/login', { name: 'Ann', password: PASSWORD }, agent);
  const [notice, ...none] = await received(site, site.mail);
  t.deepEqual(none, []);
  t.is(notice?.to, 'ann@example.org');
  t.regex(
    notice?.parsed.text ?? '',
    /Log-in from a new browser, for the account Ann at chat\.example\.org, .*: Firefox on Linux, from the address 127\.0\.0\.1\./s,
  );
  t.true((notice?.parsed.text ?? '').includes(`${PUBLIC}/settings/security`));
  await browser.form('/logout', {});
  await browser.form('/login', { name: 'Ann', password: PASSWORD }, agent);
  t.deepEqual(await received(site, site.mail), [], 'a known browser');
  t.regex(
    (await site.ann.get('/settings/security')).text,
    /Log-in from a new browser.*Firefox on Linux/s,
    'the line on the page is there without mail too',
  );
  await site.ann.form('/settings/password', { current: PASSWORD, password: 'another good password' });
  t.regex((await received(site, site.mail))[0]?.parsed.subject ?? '', /^Password changed: Ann/);
  await give(site.ann, 'new@example.org', 'another good password');
  await site.ann.form(linkIn((await received(site, site.mail))[0], 'confirm-address'), {});
  const [former] = await received(site, site.mail);
  t.is(former?.to, 'ann@example.org');
  t.regex(former?.parsed.text ?? '', /The new one is n…@example\.org/);
  await site.ann.form('/settings/email', { action: 'remove' });
  t.is((await received(site, site.mail))[0]?.to, 'new@example.org');
  t.is(await site.core.store.addresses.ofUser((await userNamed(site.core, 'Ann')).id), undefined);
});

test('mail: without SMTP_URL there is none of it', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  for (const path of ['/settings/email', '/forgot-password']) t.is((await ann.get(path)).status, 404, path);
  t.is((await ann.form('/admin', { action: 'invite', address: 'bob@example.org' })).status, 404);
  for (const path of ['/settings', '/login', '/admin'])
    t.notRegex((await ann.get(path)).text, /E-mail|forgot-password|Invite by e-mail/, path);
  t.deepEqual(await site.core.store.mails.due(Number.MAX_SAFE_INTEGER, 9), []);
});

test('config: SMTP_URL needs PUBLIC_URL; both are checked, and MAIL_FROM has a default', (t) => {
  const refused = (env: Record<string, string>, reason: RegExp) =>
    t.throws(() => readConfig(env), { instanceOf: ConfigError, message: reason });
  refused({ SMTP_URL: 'smtp://mail.example.org' }, /SMTP_URL needs PUBLIC_URL/);
  for (const url of ['mail.example.org', 'http://mail.example.org', 'smtp://'])
    refused({ SMTP_URL: url, PUBLIC_URL: PUBLIC }, /SMTP_URL must look like/);
  for (const from of ['Ann', 'a@b, c@d', 'Ann <a@b> x', 'a@b\nBcc: c@d']) refused({ MAIL_FROM: from }, /MAIL_FROM must be an address/);
  t.is(readConfig({ PUBLIC_URL: 'https://chat.example.org/chat' }).mailFrom, 'Parley <no-reply@chat.example.org>');
});

const speak = (browser: Client, language: string) => browser.form('/settings/appearance', { language });

test('mail: it is in the language that its reader has chosen, not in that of who causes it', async (t) => {
  const site = await siteWithMail(t);
  const bob = await site.signUp('Bob');
  await confirm(site, bob, 'bob@example.org');
  await speak(site.ann, 'en');
  await speak(bob, 'fr');
  await site.client().form('/forgot-password', { address: 'bob@example.org' }, { 'Accept-Language': 'en' });
  const [reset] = await received(site, site.mail);
  t.is(reset?.parsed.subject, 'Un nouveau mot de passe pour chat.example.org');
  t.regex(reset?.parsed.text ?? '', /Quelqu’un, sans doute vous, a demandé[\s\S]*Choisir un nouveau mot de passe[\s\S]*reste inchangé/);
  t.regex(String(reset?.parsed.html), /<html lang="fr">[\s\S]*<b>Choisir un nouveau mot de passe<\/b>/);
  const agent = { 'Accept-Language': 'en', 'User-Agent': 'Mozilla/5.0 (X11; Linux) Firefox/140.0' };
  await site.client().form('/login', { name: 'Bob', password: PASSWORD }, agent);
  const [notice] = await received(site, site.mail);
  t.is(notice?.parsed.subject, 'Connexion depuis un nouveau navigateur\u00a0: Bob sur chat.example.org');
  t.regex(
    notice?.parsed.text ?? '',
    /pour le compte Bob sur chat\.example\.org, le 2 janv\. 2026, \d\d:\d\d UTC\u00a0: Firefox sur Linux, depuis l’adresse 127\.0\.0\.1\./,
  );
  await give(bob, 'new@example.org');
  await bob.form(linkIn((await received(site, site.mail))[0], 'confirm-address'), {});
  t.regex((await received(site, site.mail))[0]?.parsed.text ?? '', /La nouvelle est n…@example\.org\./);
});

test('mail: who has chosen no language gets that of the page that has caused it, an invited person that of the administrator', async (t) => {
  const site = await siteWithMail(t);
  const ask = (headers: Record<string, string>) =>
    site.ann.form('/settings/email', { action: 'set', address: 'ann@example.org', current: PASSWORD }, headers);
  await ask({ 'Accept-Language': 'fr' });
  t.regex((await received(site, site.mail))[0]?.parsed.subject ?? '', /^Confirmez votre adresse pour chat/);
  await ask({});
  t.regex((await received(site, site.mail))[0]?.parsed.subject ?? '', /^Confirm your address for chat/);
  await speak(site.ann, 'fr');
  await site.ann.form('/admin', { action: 'invite', address: 'bob@example.org' });
  const [invitation] = await received(site, site.mail);
  t.is(invitation?.parsed.subject, 'Ann vous invite sur chat.example.org');
  const { text } = await site.client().get(linkIn(invitation, 'invited'), 'text/html', { 'Accept-Language': 'fr' });
  t.regex(text, /Ann a invité bob@example\.org\.[\s\S]*S’inscrire/);
});
