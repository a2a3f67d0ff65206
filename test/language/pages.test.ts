import { readFileSync } from 'node:fs';
import test from 'ava';
import { removeMember } from '../../lib/groups/operations.ts';
import { filesOf } from '../../lib/language/catalogue.ts';
import { chooseLanguage } from '../helpers/fixtures.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, openSite } from '../helpers/site.ts';
import type { StreamEvent } from '../helpers/stream.ts';

const FRENCH = { 'Accept-Language': 'fr-FR,fr;q=0.9,en;q=0.5' };

/** The texts of these subjects of at least two words, which a French page must not have. */
const ENGLISH = filesOf('fr')
  .filter((file) => /(?:messages|groups|people|search|shell)\.json$/.test(file))
  .flatMap((file) => Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>))
  .filter(([english, french]) => typeof french === 'string' && french !== english && / /.test(english) && !/[{<]/.test(english))
  .map(([english]) => english);

/** Those that are a text, or a label, of a page. */
function englishIn(html: string): string[] {
  const labels = [...html.matchAll(/(?:aria-label|title|placeholder)="([^"]*)"/g)].map(([, label]) => label);
  const lines = html.replaceAll(/<[^>]*>/g, '\n').split('\n');
  const texts = new Set([...labels, ...lines].map((text) => text?.replaceAll('&#39;', "'").trim()));
  return ENGLISH.filter((text) => texts.has(text));
}

const PAGES: readonly (readonly [path: string, words: RegExp])[] = [
  ['/groups', /<h1>Vos groupes<\/h1>/],
  [LOBBY, /aria-label="Écrire un message"[\s\S]*placeholder="Écrire à Lobby"/],
  [`${LOBBY}/settings`, /<h1>Paramètres du groupe<\/h1>[\s\S]*N’expire pas, utilisations illimitées\./],
  [`${LOBBY}/members`, /<h2 id="add-title">Ajouter une personne<\/h2>/],
  [`${LOBBY}/messages/3`, /<h1 class="vh">Message de Ann dans Lobby<\/h1>/],
  [`${LOBBY}/messages/3/edit`, /<h1>Modifier un message<\/h1>/],
  [`${LOBBY}/messages/3/history`, /<h1>Versions précédentes<\/h1>/],
  [`${LOBBY}/messages/3/thread`, /<h1>Fil<\/h1>[\s\S]*placeholder="Répondre dans le fil"/],
  [`${LOBBY}/pins`, /<h1>Messages épinglés dans Lobby<\/h1>/],
  [`${LOBBY}/emoji`, /\?part=Faces" aria-current="page">Visages<\/a>/],
  ['/direct', /<h1>Messages privés<\/h1>/],
  ['/switch?q=zzz', /Rien ne porte ce nom\u00a0: zzz/],
  ['/saved', /<h1>Messages enregistrés<\/h1>/],
  ['/search?q=zzz', /<h2>Aucun résultat<\/h2>/],
  ['/people/Bob', /<h2 id="common-title" class="label">Groupes en commun<\/h2>/],
  ['/settings/profile', /<h2 id="status-title">Statut<\/h2>/],
  ['/share', /<h1>Partager<\/h1>/],
  ['/offline', /<h1>Vous êtes hors ligne<\/h1>/],
  ['/groups/nowhere', /<h1>Introuvable<\/h1>\s*<p>Introuvable, ou vous n’y avez pas accès\.<\/p>/],
  ['/no/such/page', /<p>Cette page n’existe pas\.<\/p>/],
];

test('pages are in the language that the browser asks for', async (t) => {
  const { ann, post } = await openSite(t);
  await post('bonjour');
  for (const [path, words] of PAGES) {
    const french = await ann.get(path, 'text/html', FRENCH);
    t.regex(french.text, /<html lang="fr"/, path);
    t.regex(french.text, words, path);
    t.deepEqual(englishIn(french.text), [], path);
    const english = await ann.get(path);
    t.regex(english.text, /<html lang="en"/, path);
    t.notRegex(english.text, words, path);
    t.not(englishIn(english.text).length, 0, `${path}: the check finds English`);
    t.is(french.status, english.status, path);
  }
});

test('programs get English from the same URLs, also errors', async (t) => {
  const { ann, post } = await openSite(t);
  await post('bonjour');
  for (const path of ['/groups', `${LOBBY}/members`, `${LOBBY}/messages/3`, '/groups/nowhere', '/no/such/page'])
    for (const accept of ['application/json', 'text/plain']) {
      const [french, english] = [await ann.get(path, accept, FRENCH), await ann.get(path, accept)];
      const [one, other] = [french, english].map(({ text }) => text.replace(/"request_id":"[^"]*"/, ''));
      t.is(one, other, `${path} ${accept}`);
    }
  const problem = (await ann.get('/groups/nowhere', 'application/json', FRENCH)).json();
  t.like(problem, { title: 'Not Found', detail: 'Not found, or you do not have access.' });
  t.is((await ann.get('/no/such/page', 'text/plain', FRENCH)).text, 'This page does not exist.\n');
  const refused = await ann.json('POST', `${LOBBY}/messages`, { body: ' ' }, FRENCH);
  t.is(refused.json().detail, 'Message is empty.');
  t.true((await ann.form(`${LOBBY}/messages`, { body: ' ' }, FRENCH)).text.includes('Le message est vide.'));
});

test('the language of the settings has precedence over that of the browser', async (t) => {
  const { ann, bob } = await openSite(t);
  await chooseLanguage(bob, 'fr');
  t.regex((await bob.get('/groups', 'text/html', { 'Accept-Language': 'en' })).text, /<h1>Vos groupes<\/h1>/);
  await chooseLanguage(ann, 'en');
  t.regex((await ann.get('/groups', 'text/html', FRENCH)).text, /<h1>Your groups<\/h1>/);
  await chooseLanguage(bob, '');
  t.regex((await bob.get('/groups')).text, /<h1>Your groups<\/h1>/);
});

/** The data of the last event with this in it. */
const lastWith = (events: readonly StreamEvent[], part: string): string => events.findLast(({ data }) => data.includes(part))?.data ?? '';

test('the streams of a group are in the language of each reader', async (t) => {
  const { ann, bob, core, annUser, bobUser, lobby, stream } = await openSite(t);
  await chooseLanguage(bob, 'fr');
  await bob.json('POST', '/direct', { with: [] });
  const [english, french] = [await stream(ann), await stream(bob)];
  const both = (part: string, isThere: (data: string) => boolean = () => true): Promise<unknown> =>
    Promise.all(
      [english, french].map((reader) => reader.until((events) => isThere(lastWith(events, part)) && lastWith(events, part) !== '')),
    );
  const differ = (part: string, inEnglish: RegExp, inFrench: RegExp): void => {
    const [one, other] = [lastWith(english.events, part), lastWith(french.events, part)];
    t.regex(one, inEnglish);
    t.notRegex(one, inFrench);
    t.regex(other, inFrench);
    t.notRegex(other, inEnglish);
  };

  await both('id="sidebar"');
  differ('id="sidebar"', /Direct messages[\s\S]* title="All direct messages"/, /Messages privés[\s\S]* title="Tous les messages privés"/);
  t.regex(lastWith(french.events, 'id="sidebar"'), />Bob \(vous\)</, 'notes to himself');

  await both('id="members"', (data) => data.split('data-present').length === 3);
  differ('id="members"', /aria-label="Members"[\s\S]*>online</, /aria-label="Membres"[\s\S]*>en ligne</);

  await bob.json('POST', `${LOBBY}/typing`);
  await both('id="typing"', (data) => data.includes('data-user'));
  differ('id="typing"', />Bob is typing…/, />Bob est en train d’écrire…/);

  await ann.json('POST', `${LOBBY}/messages`, { body: 'a row' });
  await ann.json('PUT', `${LOBBY}/messages/3/pin`);
  await both('id="m-3"', (data) => data.includes('data-pinned'));
  differ('id="m-3"', />Pinned by Ann</, />Épinglé par Ann</);

  await ann.json('POST', `${LOBBY}/settings`, { action: 'topic', topic: 'Tides' });
  await both('Tides');
  differ('Tides', />Ann set the topic: Tides /, />Ann a défini le sujet\u00a0: Tides /);

  await removeMember(core, annUser.id, lobby, bobUser);
  await french.ended();
  t.is(french.events.at(-1)?.event, 'closed');
  t.is(french.events.at(-1)?.data, 'Vous n’êtes plus dans ce groupe.');
});

test('the frame without JavaScript is in the language of its reader', async (t) => {
  const { ann, bob, post } = await openSite(t);
  await chooseLanguage(bob, 'fr');
  const [english, french] = [ann, bob].map((who) => new RawReader(t, who, `${LOBBY}/live`).read());
  if (!english || !french) return t.fail();
  for (const frame of [english, french]) await frame.until((text) => text.includes('id="m-2"'));
  t.regex(english.text, /<html lang="en"[\s\S]*<title>Live messages · Lobby<\/title>/);
  t.regex(french.text, /<html lang="fr"[\s\S]*<title>Messages en direct · Lobby<\/title>/);
  await ann.json('POST', `${LOBBY}/settings`, { action: 'topic', topic: 'Tides' });
  await post('a row');
  for (const frame of [english, french]) await frame.until((text) => text.includes('a row'));
  t.regex(english.text, />Ann set the topic: Tides /);
  t.regex(french.text, />Ann a défini le sujet\u00a0: Tides /);
});
