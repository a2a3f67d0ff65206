import test, { type ExecutionContext } from 'ava';
import { AWAY_MS, EVERY_MS } from '../../lib/digest/digests.ts';
import { setPreferences } from '../../lib/groups/membership.ts';
import { addressMac } from '../../lib/mail/address.ts';
import { setDigest } from '../../lib/mail/digest.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt, postAs, userNamed } from '../helpers/fixtures.ts';
import { linkIn, type MailServer, PUBLIC, type ReceivedMail, received, startMailServer } from '../helpers/mail-server.ts';
import { startServerFor, type TestServer } from '../helpers/server.ts';
import { freshDatabase, mongoService, present, requireOrSkip } from '../helpers/services.ts';

type Site = TestServer & { readonly mail: MailServer; readonly ann: Client; readonly bob: Client };

/** Bob has an address and wants the digest. */
async function siteWithDigest(t: ExecutionContext, env: Record<string, string> = {}): Promise<Site> {
  const mail = await startMailServer(t);
  const site = await startServerFor(t, { env: { ...mail.env, ...env } });
  const ann = await site.signUp('Ann');
  const bob = await site.signUpInLobby('Bob');
  const { id } = await userNamed(site.core, 'Bob');
  const { secrets } = site.core;
  const address = { mac: addressMac(site.core, 'bob@example.org'), sealed: secrets.seal('bob@example.org'), confirmedAt: 0 };
  await site.core.store.addresses.put({ user: id, ...address, digest: false, digestDue: 0, digestUpTo: 0 });
  await bob.form('/settings/email', { action: 'digest', digest: '1' });
  site.clock.turn(1000); // it begins with what is posted after that
  return { ...site, mail, ann, bob };
}

/** Time passes; the server looks for digests. Resolves to the mails. */
async function after(site: Site, ms: number): Promise<ReceivedMail[]> {
  site.clock.turn(ms);
  await site.server.sweep();
  return received(site, site.mail);
}

const LOOK_MS = 10 * 60_000;
const away = (site: Site) => after(site, AWAY_MS + LOOK_MS);

const mongo = await mongoService();
for (const [store, register, env] of [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const)
  register(`${store}: digest: what mentions a person who is away is mailed once, with links, and ended by one click`, async (t) => {
    const site = await siteWithDigest(t, env());
    await site.ann.form('/settings/profile', { action: 'name', display_name: 'Ann Marsh' });
    await postAs(site.ann, 'nothing for anybody');
    const { seq } = await postAs(site.ann, '@Bob could you look at this?');
    t.deepEqual(await after(site, 20 * 60_000), [], 'he has not been away for long');
    const [mail, ...more] = await away(site);
    t.deepEqual(more, []);
    t.is(mail?.to, 'bob@example.org');
    t.is(mail?.parsed.subject, '1 message for you at chat.example.org');
    const text = mail?.parsed.text ?? '';
    t.true(text.includes('* Ann Marsh in Lobby\n  @Bob could you look at this?\n'), text);
    t.true(text.includes(`${PUBLIC}/groups/lobby/messages/${seq}`));
    t.notRegex(text, /nothing for anybody/);
    const unsubscribe = `${PUBLIC}${linkIn(mail, 'unsubscribe')}`;
    t.true((mail?.raw ?? '').replaceAll(/\r\n[ \t]+/g, ' ').includes(`List-Unsubscribe: <${unsubscribe}>`));
    t.regex(mail?.raw ?? '', /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
    t.deepEqual(await after(site, EVERY_MS + LOOK_MS), [], 'not twice');
    await postAs(site.ann, '@all a second one');
    const [second] = await away(site);
    t.regex(second?.parsed.text ?? '', /a second one/);
    t.notRegex(second?.parsed.text ?? '', /could you look/);

    const path = unsubscribe.slice(PUBLIC.length);
    t.is((await site.client().get(path)).status, 200);
    t.is((await site.core.store.addresses.ofUser((await userNamed(site.core, 'Bob')).id))?.digest, true, 'a look changes nothing');
    t.is((await site.client().form(`${path}x`, {})).status, 404);
    const click = await site.client().send(path, {
      method: 'POST',
      body: 'List-Unsubscribe=One-Click',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    t.is(click.status, 200, 'without cookies and redirect');
    t.is((await site.core.store.addresses.ofUser((await userNamed(site.core, 'Bob')).id))?.digest, false);
    await postAs(site.ann, '@Bob a third one');
    t.deepEqual(await after(site, EVERY_MS + AWAY_MS), []);
  });

test('digest: none for who was there, has read it, has muted the group, and of erased or own messages', async (t) => {
  const site = await siteWithDigest(t);
  const [lobby, bob] = [await groupAt(site.core, 'lobby'), await userNamed(site.core, 'Bob')];
  const seen = () => site.core.store.memberships.setLastSeen(lobby.id, bob.id, site.clock.now());
  await postAs(site.bob, '@all from himself');
  const { url } = await postAs(site.ann, '@Bob erased');
  await site.ann.json('DELETE', url);
  t.deepEqual(await away(site), []);
  await postAs(site.ann, '@Bob while he looks');
  site.clock.turn(AWAY_MS);
  await seen();
  t.deepEqual(await after(site, LOOK_MS), [], 'he has just been there');
  await site.bob.json('POST', '/groups/lobby/read', { n: 99 });
  t.deepEqual(await away(site), [], 'read');
  await setPreferences(site.core, lobby.id, bob.id, { level: 'nothing' });
  await postAs(site.ann, '@Bob in a muted group');
  t.deepEqual(await away(site), []);
  await setPreferences(site.core, lobby.id, bob.id, { level: 'mentions' });
  t.is((await after(site, LOOK_MS)).length, 1, 'the same, when it is no longer muted');
});

test('digest: direct messages are in it; what is read before it is sent is not', async (t) => {
  const site = await siteWithDigest(t);
  const { slug } = (await site.ann.json('POST', '/direct', { with: 'Bob' })).json<{ slug: string }>();
  await postAs(site.ann, 'just between us', slug);
  site.mail.refusal = { code: 451, text: 'busy' };
  t.deepEqual(await away(site), []);
  await site.bob.json('POST', `/groups/${slug}/read`, { n: 99 });
  site.mail.refusal = undefined;
  t.deepEqual(await after(site, LOOK_MS), []);
  await postAs(site.ann, `again ${'and again '.repeat(60)}`, slug);
  const [mail] = await after(site, EVERY_MS + AWAY_MS);
  t.regex(mail?.parsed.text ?? '', /^\* Ann\n {2}again and again .*…$/m);
});

test('digest: it is in the language of who gets it, not of who has written', async (t) => {
  const site = await siteWithDigest(t);
  await site.bob.form('/settings/appearance', { language: 'fr' });
  await site.ann.form('/settings/appearance', { language: 'en' });
  for (let n = 1; n <= 22; n += 1) await postAs(site.ann, `@Bob message ${n} for you`);
  const [mail] = await away(site);
  t.is(mail?.parsed.subject, '22 messages pour vous sur chat.example.org');
  const [text, html] = [mail?.parsed.text ?? '', String(mail?.parsed.html)];
  t.regex(
    text,
    /^Bob, pendant votre absence, quelqu’un vous a mentionné ou vous a écrit\u00a0:\n\n\(2 messages plus anciens non affichés\.\)/,
  );
  t.regex(text, /\* Ann dans Lobby\n {2}@Bob message 3 for you\n/, 'what she wrote is as she wrote it');
  t.regex(text, /Vos groupes\u00a0:\n[\s\S]*Ne plus recevoir ces e-mails\u00a0: http/);
  t.regex(html, /<html lang="fr">[\s\S]*<b>Vos groupes<\/b>[\s\S]*>Ne plus recevoir ces e-mails</);
  const page = await site.client().get(linkIn(mail, 'unsubscribe'), 'text/html', { 'Accept-Language': 'fr' });
  t.regex(page.text, /Ne plus recevoir de résumés\u00a0\?[\s\S]*Arrêter le résumé/);
  await site.bob.form('/settings/appearance', { language: 'en' });
  site.clock.turn(1000); // after the time up to which the first one has been
  await postAs(site.ann, '@Bob one more');
  const [english] = await after(site, EVERY_MS + AWAY_MS);
  t.is(english?.parsed.subject, '1 message for you at chat.example.org');
  t.regex(String(english?.parsed.html), /<html lang="en">/);
});

test('digest: off at first, and only with an address', async (t) => {
  const mail = await startMailServer(t);
  const site = await startServerFor(t, { env: mail.env });
  await site.signUp('Ann');
  const { id } = await userNamed(site.core, 'Ann');
  const error = await t.throwsAsync(setDigest(site.core, id, true));
  t.like(error, { code: 'invalid', field: 'digest' });
  await t.notThrowsAsync(setDigest(site.core, id, false));
});
