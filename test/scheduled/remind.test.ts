import test from 'ava';
import type { Answer, Client } from '../helpers/client.ts';
import { bodiesFor, chooseLanguage } from '../helpers/fixtures.ts';
import { LOBBY, openSite, type Site } from '../helpers/site.ts';

const MESSAGES = `${LOBBY}/messages`;

/** Sends the form of the page, as a browser without scripts. */
const type = (who: Client, body: string, more = {}): Promise<Answer> => who.form(MESSAGES, { body, ...more });
const flashAfter = async (who: Client, answer: Answer): Promise<string> => (await who.get(answer.headers.get('location') ?? '')).text;

async function pass({ server, clock }: Site, ms: number): Promise<void> {
  clock.turn(ms);
  server.scheduled.wake();
  await server.scheduled.idle();
}

type Listed = { readonly kind: string; readonly slug: string; readonly unread: number };
const notesOf = async (who: Client): Promise<Listed | undefined> => (await who.get('/direct', 'application/json')).json<Listed[]>()[0];

test('/remind me: a message to oneself, unread and under the name of a reminder, with a link back', async (t) => {
  const site = await openSite(t, { env: { PUBLIC_URL: 'http://chat.example.org' } });
  const { ann, bob } = site;
  t.regex(
    await flashAfter(ann, await type(ann, '/remind me in 20 minutes to make *tea*')),
    /You will be reminded: 2 Jan 2026, 12:20 \(UTC\)\./,
  );
  t.deepEqual(await bodiesFor(ann), [], 'the command is no message');
  await pass(site, 20 * 60_000);
  const notes = await notesOf(ann);
  t.like(notes, { unread: 1 });
  const [message] = (await ann.get(`/groups/${notes?.slug}/messages`, 'application/json')).json<{ body: string; author: object }[]>();
  t.is(message?.body, 'make *tea*\n\n[Lobby](http://chat.example.org/groups/lobby)');
  t.like(message?.author, { name: 'Ann', as: 'Reminder' });
  t.is(await notesOf(bob), undefined);
});

test('/remind here: a message to the group, at a time in the zone of the person or of the browser', async (t) => {
  const site = await openSite(t);
  const { ann, bob } = site;
  t.regex(
    await flashAfter(ann, await type(ann, '/remind here at 17:30 stand-up', { time_zone: 'America/New_York' })),
    /It will be posted here: 2 Jan 2026, 17:30 \(America\/New_York\)\./,
  );
  await bob.form('/settings/appearance', { time_zone: 'Europe/Paris' });
  await chooseLanguage(bob, 'fr');
  await bob.form('/settings/appearance', { time_zone: 'Europe/Paris', language: 'fr' });
  t.regex(
    await flashAfter(bob, await type(bob, '/remind ici demain à 9h réunion', { time_zone: 'UTC' })),
    /3 janv\. 2026, 09:00 \(Europe\/Paris\)/,
  );
  await pass(site, 36 * 3_600_000);
  t.deepEqual(await bodiesFor(ann), ['stand-up', 'réunion']);
});

test('/remind: what is unclear is refused with an example, and the text is kept', async (t) => {
  const { ann } = await openSite(t);
  for (const [text, said] of [
    ['/remind', /remind me tomorrow 9:00 call Bob/],
    ['/remind me', /remind me tomorrow 9:00/],
    ['/remind Bob tomorrow 9:00 x', /remind me tomorrow 9:00/],
    ['/remind me soonish tea', /remind me tomorrow 9:00/],
    ['/remind me at 25:00 tea', /remind me tomorrow 9:00/],
    ['/remind me in 5 minutes', /Say what to be reminded of/],
    ['/remind me today 8:00 tea', /This time is past: 2 Jan 2026, 08:00 \(UTC\)\./],
  ] as const) {
    const refused = await type(ann, text);
    t.is(refused.status, 422, text);
    t.regex(refused.text, said);
    t.true(refused.text.includes(`>${text}</textarea>`), 'what was typed is in the field');
  }
  t.deepEqual((await ann.get('/scheduled', 'application/json')).json(), { results: [] });
});
