import test, { type ExecutionContext } from 'ava';
import type { CDPSession, Page } from 'playwright-core';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD, startServerFor, type TestServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const withBrowser = requireOrSkip(test, browser);

/** A site at localhost: browsers accept no passkeys for an address. */
async function siteAtName(t: ExecutionContext): Promise<{ site: TestServer; url: string }> {
  const site = await startServerFor(t);
  return { site, url: site.url.replace('127.0.0.1', 'localhost') };
}

/** Chromium's virtual authenticator: https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/ */
async function authenticator(page: Page): Promise<{ session: CDPSession; id: string }> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
  return { session, id: authenticatorId };
}

const addPasskey = async (page: Page, password = PASSWORD): Promise<void> => {
  await page.goto('/settings/second-factor');
  const form = page.getByRole('form', { name: 'Add a passkey' });
  await form.getByLabel('Your password').fill(password);
  await form.getByRole('button', { name: 'Add a passkey' }).click();
};

withBrowser('passkeys: one is added with the password, logs in as the second factor, and alone', async (t) => {
  const { site, url } = await siteAtName(t);
  const ann = (await site.signUp('Ann')).at(url);
  const person = await openWindow(t, browser, ann);
  const { page } = person;
  await authenticator(page);
  await addPasskey(page, 'not this one');
  await page.getByText('Current password is wrong.').waitFor();
  await addPasskey(page);
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
  t.is(await page.locator('.codes li').count(), 10);
  t.is(await page.locator('section:has(#passkeys-title) li').count(), 1);

  const logOut = page.getByRole('button', { name: 'Log out' });
  await logOut.click();
  await person.logIn('Ann');
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('heading', { name: 'Your groups' }).waitFor();

  await logOut.click();
  await page.goto('/login?return_to=/saved');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.waitForURL('**/saved');
  t.deepEqual(person.complaints, []);
  const [passkey] = (await site.core.store.credentials.ofUser((await userNamed(site.core, 'Ann')).id)).filter(
    ({ kind }) => kind === 'passkey',
  );
  t.is(passkey?.label, 'Chrome on Linux');
  t.truthy(passkey?.lastUsedAt);
});

withBrowser('passkeys: one that the site does not know, and an answer to another challenge, are refused', async (t) => {
  const { site, url } = await siteAtName(t);
  const ann = (await site.signUp('Ann')).at(url);
  const person = await openWindow(t, browser, ann);
  const { page } = person;
  await authenticator(page);
  await addPasskey(page);
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
  const user = await userNamed(site.core, 'Ann');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.goto('/login');
  const asked = page.waitForRequest((request) => request.url().endsWith('/login/passkey') && request.method() === 'POST');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  const sent = new URLSearchParams((await asked).postData() ?? '');
  await page.getByRole('heading', { name: 'Your groups' }).waitFor();

  const replay = site.client().at(url);
  t.is(
    (await replay.form('/login/passkey', { response: sent.get('response') ?? '' })).headers.get('location'),
    '/login',
    'without a challenge',
  );
  await replay.json('POST', '/login/passkey/options', {});
  const again = await replay.json('POST', '/login/passkey', { response: sent.get('response') });
  t.like([again.status, again.json().field], [422, 'response'], 'another challenge');
  t.is((await replay.get('/me', 'application/json')).status, 401);
  for (const response of ['', '{}', 'null', '{"id":1}', '{"id":"x","rawId":"x","type":"public-key","response":{}}'])
    t.is((await replay.json('POST', '/login/passkey', { response })).status, 422, response);

  await site.core.store.credentials.removeAll(user.id, 'passkey');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.goto('/login');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByText('The passkey was not accepted.').waitFor();
});

withBrowser('passkeys: as a second factor only those of the person count; without JavaScript codes do', async (t) => {
  const { site, url } = await siteAtName(t);
  const ann = (await site.signUp('Ann')).at(url);
  await setUpApp(ann, site.clock);
  const bob = (await site.signUp('Bob')).at(url);
  const window = await openWindow(t, browser, bob);
  const { page } = window;
  await authenticator(page);
  await addPasskey(page);
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
  const [code = ''] = await page.locator('.codes code').allTextContents();
  await page.getByRole('button', { name: 'Log out' }).click();
  await window.logIn('Ann');
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  t.is(await page.getByRole('button', { name: 'Use a passkey' }).count(), 0);
  const options = (await page.evaluate("fetch('/login/passkey/options', { method: 'POST' }).then((answer) => answer.json())")) as {
    allowCredentials: unknown[];
  };
  t.deepEqual(options.allowCredentials ?? [], []);

  const plain = await openWindow(t, browser, site.client().at(url), { script: 'off' });
  await plain.logIn('Bob');
  await plain.page.getByRole('heading', { name: 'Second factor' }).waitFor();
  t.false(await plain.page.getByRole('button', { name: 'Use a passkey' }).isVisible());
  await plain.page.getByLabel('Code').fill(code);
  await plain.press(plain.page.getByRole('button', { name: 'Log in', exact: true }));
  await plain.page.getByRole('heading', { name: 'Your groups' }).waitFor();
});
