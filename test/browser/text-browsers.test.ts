import test, { type ExecutionContext } from 'ava';
import type { Client } from '../helpers/client.ts';
import { PASSWORD, startServer } from '../helpers/server.ts';
import { type Missing, present, requireOrSkip } from '../helpers/services.ts';
import { lynx, Reader, type TextBrowser, w3m } from '../helpers/text-browser.ts';

/** Bob signed up in a text browser; Ann, the administrator, as a client. */
async function signUp(t: ExecutionContext, browser: TextBrowser | Missing): Promise<{ ann: Client; bob: Reader }> {
  const site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  t.teardown(site.close);
  const ann = await site.signUp('Ann');
  const bob = await Reader.open(present(browser), site.url);
  t.teardown(() => bob.close());
  t.regex(await bob.submit('/', 'Sign up', { name: 'Bob', password: PASSWORD }), /Lobby.*Welcome, Bob\./s);
  return { ann, bob };
}

const postText = (client: Client, body: string) => client.json('POST', '/groups/lobby/messages', { body });

async function newest(client: Client): Promise<[author: string, body: string] | undefined> {
  const answer = await client.get('/groups/lobby/messages?limit=1', 'application/json');
  const [message] = answer.json<{ body: string; author: { name: string } }[]>();
  return message && [message.author.name, message.body];
}

async function readAndWrite(t: ExecutionContext, browser: TextBrowser | Missing): Promise<void> {
  const { ann, bob } = await signUp(t, browser);
  for (let i = 1; i <= 60; i += 1) await postText(ann, `message ${i} of Ann`);
  const joined = await bob.read('/groups/lobby');
  t.regex(joined, /message 59 of Ann.*message 60 of Ann/s);
  t.notRegex(joined, /message 5 of Ann/);
  t.regex(joined, /Older messages/);
  t.regex(joined, /message 60 of Ann.*Message\b.*Send/s, 'the field and its button come after the messages');

  const words = 'Grüße & <b>salutations</b> from a text browser 🎉';
  t.regex(
    await bob.submit('/groups/lobby', 'Send', { body: words }),
    /message 60 of Ann.*Bob.*Grüße & <b>salutations<\/b> from a text browser/s,
  );
  t.deepEqual(await newest(ann), ['Bob', words]);
  await postText(ann, 'an answer');
  t.regex(await bob.read('/groups/lobby'), /salutations.*an answer/s);
  t.regex(await bob.submit('/groups/lobby', 'Send', { body: ' ' }), /Message is empty/);
  t.deepEqual(await newest(ann), ['Ann', 'an answer']);
}

async function logOutAndIn(t: ExecutionContext, browser: TextBrowser | Missing): Promise<void> {
  const { bob } = await signUp(t, browser);
  t.regex(await bob.submit('/groups', 'Log out'), /You are logged out\./);
  t.notRegex(await bob.read('/groups'), /Your groups/);
  t.regex(await bob.submit('/login', 'Log in', { name: 'bob', password: 'not the password' }), /Name or password is wrong\./);
  t.regex(await bob.submit('/login', 'Log in', { name: 'bob', password: PASSWORD }), /Welcome back, Bob\..*Your groups/s);
}

const browsers = { lynx: lynx(), w3m: w3m() };

for (const [name, browser] of Object.entries(browsers))
  requireOrSkip(test, browser)(`${name}: sign up, join a group, read the newest messages and post`, readAndWrite, browser);

for (const [name, browser] of Object.entries(browsers))
  requireOrSkip(test, browser)(`${name}: log out and log in again`, logOutAndIn, browser);
