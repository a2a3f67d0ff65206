import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { filesOf } from '../../lib/language/catalogue.ts';
import { Client } from '../helpers/client.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD, startServerFor } from '../helpers/server.ts';

const AGENT = { 'User-Agent': 'Mozilla/5.0 (X11; Linux) Firefox/140.0' };

/** Ann’s site. `french`: a browser that asks for French. */
async function siteWithAnn(t: Pick<ExecutionContext, 'teardown'>, env: Record<string, string> = {}) {
  const site = await startServerFor(t, { env });
  const ann = await site.signUp('Ann');
  return { ...site, ann, french: (): Client => new Client(site.url, { 'Accept-Language': 'fr-FR,fr;q=0.9,en;q=0.5', ...AGENT }) };
}

/** The texts of accounts, security and mails of at least two words, which a French page must not have. */
const ENGLISH = filesOf('fr')
  .filter((file) => /(?:accounts|security|mail)\.json$/.test(file))
  .flatMap((file) => Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>))
  .filter(([english, french]) => typeof french === 'string' && french !== english && / /.test(english) && !/[{<]/.test(english))
  .map(([english]) => english);

const textOf = (html: string): string =>
  html
    .replace(/<script[\s\S]*?<\/script>/g, '')
    .replaceAll(/<[^>]*>/g, '\n')
    .replaceAll('&#39;', "'");
const englishIn = (html: string): string[] => {
  const lines = new Set(
    textOf(html)
      .split('\n')
      .map((line) => line.trim()),
  );
  return ENGLISH.filter((text) => lines.has(text));
};

const flashIn = (html: string): string => /class="flash"[^>]*>\s*([^<]*)/.exec(html)?.[1]?.trim() ?? '';

test('French: the pages before the log-in are in it for a browser that asks for it, and in English for others', async (t) => {
  const { french, client } = await siteWithAnn(t);
  for (const [path, words] of [
    ['/', /Un lieu d’échange pour votre groupe\./],
    ['/login', /<h2 id="login-title">Se connecter<\/h2>[\s\S]*>Mot de passe<[\s\S]*<button class="primary">Se connecter<\/button>/],
    ['/signup', /<h2 id="signup-title">S’inscrire<\/h2>[\s\S]*Au moins 8 caractères\./],
    ['/logout', /<h1 id="logout-title">Se déconnecter\u00a0\?<\/h1>/],
  ] as const) {
    const { text } = await french().get(path);
    t.regex(text, /<html lang="fr"/, path);
    t.regex(text, words, path);
    t.deepEqual(englishIn(text), [], path);
    const english = (await client().get(path)).text;
    t.notRegex(english, words, path);
    t.not(englishIn(english).length, 0, `${path}: the check finds English`);
  }
});

test('French: a refused log-in and sign-up say why in it; programs get English', async (t) => {
  const { french } = await siteWithAnn(t);
  const wrong = await french().form('/login', { name: 'Ann', password: 'not the password' });
  t.is(wrong.status, 422);
  t.regex(wrong.text, /id="login-password-error" role="alert">Le nom ou le mot de passe est incorrect\.</);
  const taken = await french().form('/signup', { name: 'ann', password: PASSWORD });
  t.is(taken.status, 409);
  t.regex(taken.text, /id="signup-name-error" role="alert">Le nom ann est déjà pris\. Choisissez-en un autre\.</);
  const short = await french().form('/signup', { name: 'Bob', password: 'short' });
  t.regex(short.text, /id="signup-password-error" role="alert">Le mot de passe est trop court\u00a0: au moins 8 caractères\.</);
  const program = await french().json('POST', '/login', { name: 'Ann', password: 'not the password' });
  t.is(program.json().detail, 'Name or password is wrong.');
});

test('French: a form that is too large is refused in it while it arrives', async (t) => {
  const { french } = await siteWithAnn(t);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('name=Ann&password=x&code='));
    },
    pull(controller) {
      controller.enqueue(new Uint8Array(4096).fill(0x78));
    },
  });
  const init = {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' },
  };
  const response = await french().open('/login', init as never);
  t.is(response.status, 413);
  t.regex(await response.text(), /role="alert"[^>]*>code est trop long\. La requête est trop volumineuse\u00a0: \d+ octets au maximum\./);
});

test('French: who logs in is welcomed in it, also by the setting of the person in a browser that asks for nothing', async (t) => {
  const { ann, french, client, signUp } = await siteWithAnn(t);
  const browser = french();
  t.is((await browser.form('/login', { name: 'Ann', password: PASSWORD })).status, 303);
  t.is(flashIn((await browser.get('/groups')).text), 'Bon retour, Ann.');
  const bob = await signUp('Bob');
  await bob.form('/settings/appearance', { language: 'fr' });
  t.is(flashIn((await bob.get('/settings/appearance')).text), 'Enregistré.');
  const other = client();
  await other.form('/login', { name: 'Bob', password: PASSWORD });
  t.is(flashIn((await other.get('/groups')).text), 'Bon retour, Bob.');
  await ann.form('/settings/appearance', { language: 'en' });
  const english = french();
  await english.form('/login', { name: 'Ann', password: PASSWORD });
  t.is(flashIn((await english.get('/groups')).text), 'Welcome back, Ann.', 'the setting precedes the browser');
});

test('French: the settings and security events are in it, stored details too; downloads are in English', async (t) => {
  const { ann, french, clock, core } = await siteWithAnn(t);
  const { codes } = await setUpApp(ann, clock);
  const browser = french();
  await browser.form('/login', { name: 'Ann', password: PASSWORD });
  await browser.form('/login/second-factor', { code: codes[0] ?? '' });
  await browser.form('/settings/password', { current: 'wrong', password: 'another good password' });
  await core.securityLog.idle();
  const paths = ['', '/appearance', '/security', '/data', '/second-factor'].map((part) => `/settings${part}`);
  for (const path of paths) {
    const { status, text } = await browser.get(path);
    t.is(status, 200, path);
    t.deepEqual(englishIn(text), [], path);
    t.not(englishIn((await ann.get(path)).text).length, 0, `${path}: the check finds English`);
  }
  const { id: user } = await userNamed(core, 'Ann');
  const device = { id: 'phone', user, session: 'other', sealed: '', label: 'Firefox on Android', createdAt: clock.now() };
  await core.store.push.put({ ...device, lastOkAt: null, failures: 0 });
  const { text } = await browser.get('/settings');
  t.regex(text, /<b>Firefox sur Linux<\/b> <span class="badge">cet appareil<\/span>/);
  t.regex(text, /<b>Firefox sur Android<\/b>/, 'a device that is notified');
  const events = (await browser.get('/settings/security')).text;
  for (const [title, detail] of [
    ['Connexion depuis un nouveau navigateur', 'Firefox sur Linux'],
    ['Connexion avec un code de récupération', '9 restants'],
    ['Second facteur configuré', 'application d’authentification'],
    ['Échec de connexion', 'mot de passe actuel incorrect, lors de son changement'],
  ])
    t.true(events.includes(`<b>${title}</b> <span class="hint">${detail}</span>`), title);
  const english = (await ann.get('/settings/security')).text;
  t.true(english.includes('<b>Logged in with a recovery code</b> <span class="hint">9 left</span>'));
  const data = (await browser.get('/settings/data.jsonl')).text;
  t.regex(data, /"device":"Firefox on Linux"/);
  t.regex(data, /"detail":"9 left"/);
});

test('French: a limit that is reached is named in it', async (t) => {
  const { signUp } = await siteWithAnn(t);
  const bob = await signUp('Bob');
  await bob.form('/settings/appearance', { language: 'fr' });
  let refused = await bob.form('/settings/tokens', { name: 'one' });
  for (let at = 0; at < 40 && refused.status === 200; at += 1) refused = await bob.form('/settings/tokens', { name: `t${at}` });
  t.is(refused.status, 429);
  t.regex(refused.text, /Limite atteinte \(nouveaux jetons\)\u00a0: 10 par heure au maximum\. Réessayez dans \d+ minutes?\./);
});
