import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { addClient } from '../../../lib/accounts/oauth/clients.ts';
import { openBrowser, openWindow } from '../../helpers/browser.ts';
import { PASSWORD, startServerFor } from '../../helpers/server.ts';
import { present, requireOrSkip } from '../../helpers/services.ts';
import { openSite } from '../../helpers/site.ts';
import { lynx, Reader } from '../../helpers/text-browser.ts';
import { newPkce, redeem, requestOf } from './oauth.ts';

/** A program on this machine that waits for its answer, and shows a page then. Closed with the test. */
async function openProgram(t: ExecutionContext): Promise<{ uri: string; answers: URL[] }> {
  const answers: URL[] = [];
  const http = createServer((request, response) => {
    answers.push(new URL(request.url ?? '/', 'http://127.0.0.1'));
    response.setHeader('Content-Type', 'text/html').end('<h1>You may close this window</h1>');
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    http.close();
    http.closeAllConnections();
  });
  return { uri: `http://127.0.0.1:${(http.address() as AddressInfo).port}/callback`, answers };
}

const REGISTERED = { name: 'Editor', redirectUris: ['http://127.0.0.1/callback'], hasSecret: false };

const chromium = await openBrowser();

for (const script of ['on', 'off'] as const)
  requireOrSkip(test, chromium).serial(
    `OAuth in Chromium, JavaScript ${script}: log in, connect, and go back to the program`,
    async (t) => {
      const site = await openSite(t);
      const program = await openProgram(t);
      const { client } = await addClient(site.core, REGISTERED);
      const { verifier, challenge } = newPkce();
      const person = await openWindow(t, chromium, site.client(), { script });
      await person.go(requestOf({ ...site, id: client.id }, challenge, { redirect_uri: program.uri }));
      await person.fillIn('Log in', 'Bob');
      await person.page.getByRole('heading', { name: 'Connect Editor?', level: 1 }).waitFor();
      await person.press(person.page.getByRole('button', { name: 'Connect' }));
      await person.page.getByRole('heading', { name: 'You may close this window' }).waitFor();
      const [answer] = program.answers;
      t.is(answer?.searchParams.get('state'), 'st&te');
      const code = answer?.searchParams.get('code') ?? '';
      t.is((await redeem({ ...site, id: client.id, secret: '' }, { code, verifier }, { redirect_uri: program.uri })).status, 200);
      await person.go(requestOf({ ...site, id: client.id }, challenge, { redirect_uri: program.uri }));
      await person.press(person.page.getByRole('button', { name: 'Cancel' }));
      await person.page.getByRole('heading', { name: 'You may close this window' }).waitFor();
      t.is(program.answers.find(({ searchParams }) => searchParams.has('error'))?.searchParams.get('error'), 'access_denied');
      t.deepEqual(person.complaints, []);
    },
  );

const textBrowser = lynx();

requireOrSkip(test, textBrowser)('OAuth in lynx: read who asks, connect, and go back to the program', async (t) => {
  const site = await startServerFor(t);
  const program = await openProgram(t);
  const { client } = await addClient(site.core, REGISTERED);
  const bob = await Reader.open(present(textBrowser), site.url);
  t.teardown(() => bob.close());
  await bob.submit('/', 'Sign up', { name: 'Bob', password: PASSWORD });
  const path = requestOf({ ...site, id: client.id }, newPkce().challenge, { redirect_uri: program.uri });
  t.regex(await bob.read(path), /Connect Editor\?.*as Bob \(Bob\).*a program on your own computer \(127\.0\.0\.1:\d+\)/s);
  t.regex(await bob.submit(path, 'Connect'), /You may close this window/);
  t.regex(program.answers.at(-1)?.searchParams.get('code') ?? '', /^code\./);
});
