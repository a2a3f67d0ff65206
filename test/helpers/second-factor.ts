import { Secret, TOTP } from 'otpauth';
import type { Client } from './client.ts';
import { type Clock, PASSWORD } from './server.ts';

/** An authenticator app. */
export type App = {
  readonly secret: string;
  /** The code of the present time step. */
  code(): string;
};

export const appOf = (secret: string, { now }: Pick<Clock, 'now'>): App => {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return { secret, code: () => totp.generate({ timestamp: now() }) };
};

/** A hidden field of a page. */
export const hidden = (html: string, name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '';

export const SECOND_FACTOR = '/settings/second-factor';

/** Sets up an authenticator app in a browser that is logged in. Resolves to the app and the recovery codes. */
export async function setUpApp(browser: Client, clock: Clock, password = PASSWORD): Promise<{ app: App; codes: string[] }> {
  const begun = (await browser.form(SECOND_FACTOR, { action: 'begin-app' })).text;
  const [, key = ''] = /Key: <code>([A-Z2-7 ]+)<\/code>/.exec(begun) ?? [];
  const app = appOf(key.replaceAll(' ', ''), clock);
  const finish = { action: 'finish-app', setup: hidden(begun, 'setup'), code: app.code(), current: password };
  const { status, text } = await browser.form(SECOND_FACTOR, finish);
  if (status !== 200) throw new Error(`setting up the app was answered ${status}`);
  clock.turn(30_000); // its next code is another one
  return { app, codes: [...text.matchAll(/<code>([0-9a-z]{5}-[0-9a-z]{5})<\/code>/g)].map(([, code = '']) => code) };
}
