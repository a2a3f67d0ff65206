import { readFileSync } from 'node:fs';
import test from 'ava';
import { filesOf } from '../../lib/language/catalogue.ts';
import { setRetention } from '../../lib/retention/operations.ts';
import { setWebhook } from '../../lib/webhooks/outgoing/operations.ts';
import { groupAt, newGroup, newHook, openLobby, postAs, userNamed } from '../helpers/fixtures.ts';

/** The texts of these pages of at least two words, which a French page must not have. */
const ENGLISH = filesOf('fr')
  .filter((file) => /(?:admin|moderation|bots)\.json$/.test(file))
  .flatMap((file) => Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>))
  .filter(([english, french]) => typeof french === 'string' && french !== english && / /.test(english) && !/[{<]/.test(english))
  .map(([english]) => english);

function englishIn(html: string): string[] {
  const lines = new Set(
    html
      .replaceAll(/<script[\s\S]*?<\/script>|<[^>]*>/g, '\n')
      .replaceAll('&#39;', "'")
      .split(/\s*\n\s*/),
  );
  return ENGLISH.filter((text) => lines.has(text));
}

const flashIn = (html: string): string => /class="flash"[^>]*>\s*([^<]*)/.exec(html)?.[1]?.trim() ?? '';

/** The lobby, with a report, a group on its own retention, and a bot with a delivery that failed. Ann reads in French; `english`: the pages as before. */
async function site(t: Parameters<typeof openLobby>[0]) {
  const lobby = await openLobby(t);
  const { core, ann, bob, server } = lobby;
  const slug = await newGroup(ann, 'Kitchen');
  await newHook(ann, 'Waiter');
  const waiter = await userNamed(core, 'Waiter');
  await setWebhook(core, waiter, { url: 'https://hooks.example.invalid/x', on: 'all' });
  const { seq } = await postAs(ann, 'leek soup');
  await bob.form(`/groups/lobby/messages/${seq}/report`, { reason: 'too hot' });
  await server.sweep();
  const [delivery] = await core.store.deliveries.ofBot(waiter.id, { limit: 1 });
  if (!delivery) throw new Error('nothing is to be delivered');
  const outcome = {
    state: 'failed',
    reason: 'Given up after 10 attempts.',
    due: 0,
    tries: 9,
    finishedAt: core.now(),
    reply: null,
  } as const;
  while (!(await core.store.deliveries.recordOutcome(delivery.id, (await core.store.deliveries.byId(delivery.id))?.rev ?? 0, outcome)));
  const kitchen = await groupAt(core, slug);
  const person = await userNamed(core, 'Bob');
  const bots = '/groups/lobby/bots';
  const paths = [
    ...['', '/site', '/bots', '/deliveries', '/reports', '/messages?q=soup', '/storage', '/erase', '/audit', '/people/new'].map(
      (part) => `/admin${part}`,
    ),
    ...[`/admin/people/${person.id}`, `/admin/groups/${kitchen.id}`, bots, `${bots}/${waiter.id}`],
    ...[`${bots}/${waiter.id}/deliveries/${delivery.id}`, `/groups/lobby/messages/${seq}/report`],
  ];
  return { ...lobby, paths, kitchen, person, seq, delivery, waiter, bots };
}

test('French: the pages of administrators, of reports and of bots are in it', async (t) => {
  const { ann, paths } = await site(t);
  const english = new Map<string, string>();
  for (const path of paths) english.set(path, (await ann.get(path)).text);
  await ann.form('/settings/appearance', { language: 'fr' });
  await ann.get('/settings/appearance');
  for (const path of paths) {
    const { status, text } = await ann.get(path);
    t.is(status, 200, path);
    t.regex(text, /<html lang="fr"/, path);
    t.deepEqual(englishIn(text), [], path);
  }
  const found = [...english.values()].map((text) => englishIn(text).length);
  t.true(found.filter((count) => count > 0).length > paths.length / 2, `the check finds English on English pages: ${found}`);
});

test('French: what is recorded in English is shown in it, and stays English for programs', async (t) => {
  const { core, ann, kitchen, waiter, delivery, bots } = await site(t);
  await ann.form('/settings/appearance', { language: 'fr' });
  await ann.form('/admin/storage', { action: 'days', group: kitchen.slug, days: '30' });
  await setRetention(core, kitchen, null);
  const audit = (await ann.get('/admin/audit')).text;
  t.regex(audit, /<b>Conservation d’un groupe modifiée<\/b> – <bdi>Kitchen<\/bdi> <span class="hint">comme le site<\/span>/);
  t.regex(audit, /<span class="hint">30 jours<\/span>/);
  t.regex((await ann.get('/admin/audit.jsonl', '*/*')).text, /"act":"retention_changed".*"detail":"30 days"/);
  t.regex((await ann.get('/admin/deliveries')).text, /échec <span class="hint">Abandon après 10 tentatives\.<\/span>/);
  const page = `${bots}/${waiter.id}/deliveries/${delivery.id}`;
  t.regex((await ann.get(page)).text, /Échec\u00a0: Abandon après 10 tentatives\./);
  t.is((await ann.get(page, 'application/json')).json<{ reason: string }>().reason, 'Given up after 10 attempts.');
});

test('French: what was done, what is asked before, and why not', async (t) => {
  const { ann, person, kitchen, waiter, bots } = await site(t);
  await ann.form('/settings/appearance', { language: 'fr' });
  await ann.get('/settings/appearance');
  t.regex(
    (await ann.form(`/admin/people/${person.id}`, { action: 'ban' })).text,
    /<h1 id="ask-title">Bannir Bob\u00a0\?<\/h1>[\s\S]*Annuler</,
  );
  await ann.form(`/admin/people/${person.id}`, { action: 'disable' });
  t.is(flashIn((await ann.get('/admin')).text), 'Compte de Bob désactivé et déconnecté partout.');
  t.regex((await ann.form(`/admin/groups/${kitchen.id}`, { action: 'delete' })).text, /0 message et 0 fichier \(/);
  const refused = await ann.form(`${bots}/${waiter.id}`, { action: 'webhook', url: 'ftp://example.org', on: 'all' });
  t.is(refused.status, 422);
  t.regex(refused.text, /role="alert">L’URL doit commencer par http:\/\/ ou https:\/\//);
});
