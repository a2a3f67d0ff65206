import test, { type ExecutionContext } from 'ava';
import { RETRY_AFTER_MS } from '../../lib/mail/mailer.ts';
import { isPermanent, openTransport } from '../../lib/mail/transport.ts';
import { linkIn, type MailServer, received, startMailServer } from '../helpers/mail-server.ts';
import { PASSWORD, startServerFor, type TestServer } from '../helpers/server.ts';
import { freshDatabase, mongoService, present, requireOrSkip } from '../helpers/services.ts';

const mongo = await mongoService();

type Site = TestServer & { readonly mail: MailServer };

async function siteWithMail(t: ExecutionContext, env: Record<string, string> = {}): Promise<Site> {
  const mail = await startMailServer(t);
  return { ...(await startServerFor(t, { env: { ...mail.env, ...env } })), mail };
}

const waiting = ({ core }: TestServer) => core.store.mails.due(Number.MAX_SAFE_INTEGER, 99);
const enqueue = ({ core }: TestServer, user: string) =>
  core.mailOutbox.enqueue({ kind: 'confirm', user: user as never, address: 'ann@example.org' });
const annAt = async (site: TestServer): Promise<string> => {
  await site.signUp('Ann');
  return (await site.core.store.users.byNameKey('ann'))?.id ?? '';
};

test('delivery: what the server cannot take now is sent again later, until it is given up after about a day', async (t) => {
  const site = await siteWithMail(t);
  const ann = await annAt(site);
  site.mail.refusal = { code: 451, text: 'busy' };
  await enqueue(site, ann);
  for (const [tries, waitMs] of RETRY_AFTER_MS.entries()) {
    t.deepEqual(await received(site, site.mail), []);
    t.like((await waiting(site))[0], { tries: tries + 1, due: site.clock.now() + waitMs });
    if (tries === 2) site.mail.refusal = undefined;
    site.clock.turn(waitMs);
    if (tries === 2) break;
  }
  t.is((await received(site, site.mail)).length, 1);
  t.deepEqual(await waiting(site), []);
  site.mail.refusal = { code: 421, text: 'away' };
  await enqueue(site, ann);
  for (const waitMs of RETRY_AFTER_MS) {
    await received(site, site.mail);
    site.clock.turn(waitMs);
  }
  t.is((await waiting(site)).length, 0, 'a link for an address is of no use after some hours');
  t.true(site.core.meters.mails.failed > 3);
});

test('delivery: a refusal for ever ends it at once; a server that is away does not', async (t) => {
  const site = await siteWithMail(t);
  const ann = await annAt(site);
  site.mail.refusal = { code: 550, text: 'no such user' };
  await enqueue(site, ann);
  t.deepEqual(await received(site, site.mail), []);
  t.deepEqual(await waiting(site), []);
  await site.mail.close();
  await enqueue(site, ann);
  await received(site, site.mail);
  t.is((await waiting(site)).length, 1);
});

test('delivery: what waits is encrypted, and a mail goes out once though several look for it', async (t) => {
  const site = await siteWithMail(t);
  const ann = await annAt(site);
  site.mail.refusal = { code: 451, text: 'busy' };
  await enqueue(site, ann);
  await received(site, site.mail);
  t.notRegex(JSON.stringify(await waiting(site)), /example/);
  site.mail.refusal = undefined;
  site.clock.turn(60_000);
  for (let at = 0; at < 4; at += 1) site.server.mailer.wake();
  t.is((await received(site, site.mail)).length, 1);
});

test('delivery: STARTTLS is required of a server elsewhere', async (t) => {
  const mail = await startMailServer(t);
  const url = new URL(mail.env.SMTP_URL ?? '');
  const message = { from: 'a@example.org', to: 'b@example.org', subject: 's', text: 't', html: '<p>t</p>', headers: {} };
  const here = await openTransport(url.href);
  await here.send(message);
  here.close();
  t.is(mail.mails.length, 1);
  // Not known to be this machine by its name alone: 127.0.0.1 as IPv6 mapped.
  const elsewhere = await openTransport(`smtp://[::ffff:127.0.0.1]:${url.port}`);
  const error = await t.throwsAsync(elsewhere.send(message));
  t.false(isPermanent(error));
  elsewhere.close();
  const optional = await openTransport(`smtp://[::ffff:127.0.0.1]:${url.port}?tls=optional`);
  await optional.send(message);
  optional.close();
  t.is(mail.mails.length, 2);
});

requireOrSkip(test, mongo)('delivery: with MongoDB, another process sends what the first has left', async (t) => {
  const mail = await startMailServer(t);
  const env = { ...mail.env, MONGODB_URL: freshDatabase(present(mongo)) };
  const first = await startServerFor(t, { env });
  const ann = await first.signUp('Ann');
  mail.refusal = { code: 451, text: 'busy' };
  await ann.form('/settings/email', { action: 'set', address: 'ann@example.org', current: PASSWORD });
  await received(first, mail);
  const second = await startServerFor(t, { env, clock: first.clock });
  mail.refusal = undefined;
  first.clock.turn(60_000);
  const [sent, ...more] = await received(second, mail);
  t.deepEqual(more, []);
  const link = linkIn(sent, 'confirm-address');
  t.is((await second.client().form(link, {})).status, 303);
  t.regex((await ann.get('/settings/email')).text, /You get mail at <b>ann@example\.org</);
});
