import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import type { Core } from '../../lib/core.ts';
import { groupOfCode, joinCode, replaceCode } from '../../lib/groups/codes.ts';
import { keysOf } from '../../lib/push/keys.ts';
import { setWebhook } from '../../lib/webhooks/outgoing/operations.ts';
import { secretsNow } from '../../lib/webhooks/outgoing/secrets.ts';
import { secretOf, sign } from '../../lib/webhooks/signing.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD, startServer, startServerFor, type TestServer } from '../helpers/server.ts';
import { freshDatabase, mongoService, present, requireOrSkip } from '../helpers/services.ts';

const mongo = await mongoService();

const [OLD, NEW] = ['the old key '.repeat(4), 'the new key '.repeat(4)] as const;
const SECRET = secretOf(new Uint8Array(32).fill(7));

/** What was made with the old key alone. */
type Made = {
  readonly ann: Client;
  readonly token: string;
  readonly hook: string;
  readonly campfire: string;
  readonly code: string;
  readonly pushKey: string | undefined;
  /** Fay's recovery codes, each of which is used once. */
  readonly recovery: string[];
};

async function make({ core, signUp, clock }: TestServer): Promise<Made> {
  const ann = await signUp('Ann');
  const { codes: recovery } = await setUpApp(await signUp('Fay'), clock);
  const [user, lobby] = [await userNamed(core, 'Ann'), await groupAt(core, 'lobby')];
  const bot = await createBot(core, user.id, { name: 'Deploy', group: lobby, secrets: [SECRET] });
  await setWebhook(core, bot.user, { url: 'https://bots.example.org/x' });
  await ann.json('POST', '/groups/lobby/messages', { body: 'once' }, { 'Idempotency-Key': 'k1' });
  const { hook, campfire, token } = bot;
  return { ann, token, hook, campfire, code: joinCode(core, lobby), pushKey: (await keysOf(core))?.publicKey, recovery };
}

/** A post to the webhook, signed as Standard Webhooks says, answers 2xx. */
async function takesSigned({ core, client }: TestServer, hook: string): Promise<boolean> {
  const body = JSON.stringify({ text: 'signed' });
  const headers = sign([SECRET], `msg_${core.now()}_${Math.random()}`, Math.floor(core.now() / 1000), Buffer.from(body).toString());
  const { status } = await client().send(hook, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });
  return status < 300;
}

const canSign = async (core: Core): Promise<boolean> => {
  const webhook = await core.store.webhooks.byBot((await userNamed(core, 'Deploy')).id);
  try {
    return webhook !== undefined && secretsNow(core, webhook).length === 1;
  } catch {
    return false;
  }
};

/** Whether a log-in in the browser that Ann has used before is not taken for one in a new browser. */
async function knowsBrowser({ url, core }: TestServer, ann: Client): Promise<boolean> {
  const again = ann.at(url);
  for (const name of ann.cookies.keys()) if (!name.includes('known')) again.cookies.delete(name); // or the log-in would end its session
  const news = core.meters.securityEvents.login_new_browser;
  await again.form('/login', { name: 'Ann', password: PASSWORD });
  return core.meters.securityEvents.login_new_browser === news;
}

const canReadSecret = async ({ store, secrets }: Core): Promise<boolean> => {
  const [totp] = (await store.credentials.ofUser((await userNamed({ store } as Core, 'Fay')).id)).filter(({ kind }) => kind === 'totp');
  return totp !== undefined && secrets.open(totp.sealed) !== undefined;
};

async function takesRecoveryCode({ client }: TestServer, { recovery }: Made): Promise<boolean> {
  const browser = client();
  await browser.form('/login', { name: 'Fay', password: PASSWORD });
  return (await browser.form('/login/second-factor', { code: recovery.shift() ?? '' })).status === 303;
}

/** What still works of what was made with the old key. */
async function working(server: TestServer, made: Made): Promise<Record<string, boolean>> {
  const { ann, token, hook, campfire, code, pushKey } = made;
  const { core, url } = server;
  const at = ann.at(url);
  const repeated = await at.json('POST', '/groups/lobby/messages', { body: 'once' }, { 'Idempotency-Key': 'k1' });
  return {
    session: (await at.get('/groups')).status === 200,
    token: (await at.bearer(token).get('/me', 'application/json')).status === 200,
    knownBrowser: await knowsBrowser(server, ann),
    codeAdmits: (await groupOfCode(core, code)) !== undefined,
    codeIsShown: joinCode(core, await groupAt(core, 'lobby')) === code,
    signedWebhook: await takesSigned(server, hook),
    outgoingWebhook: await canSign(core),
    campfireKey: (await at.get(`/rooms/lobby/${campfire}/messages`, 'application/json')).status === 200,
    repeatedPost: repeated.status === 200,
    secondFactor: await canReadSecret(core),
    recoveryCode: await takesRecoveryCode(server, made),
    pushKeys: (await keysOf(core))?.publicKey === pushKey && pushKey !== undefined,
  };
}

const ALL = {
  ...{ session: true, token: true, knownBrowser: true, codeAdmits: true, codeIsShown: true },
  ...{ signedWebhook: true, outgoingWebhook: true, campfireKey: true, repeatedPost: true, pushKeys: true },
  ...{ secondFactor: true, recoveryCode: true },
};
/** As docs/operators.md says. */
const WITHOUT_OLD = { ...Object.fromEntries(Object.keys(ALL).map((name) => [name, false])), session: true, token: true };

async function folderFor(t: ExecutionContext): Promise<{ readonly DATA_DIR: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-rotation-'));
  t.teardown(() => rm(dir, { recursive: true }));
  return { DATA_DIR: dir };
}

const STORES = [
  ['sqlite', requireOrSkip(test), folderFor],
  ['mongo', requireOrSkip(test, mongo), async () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

for (const [store, register, open] of STORES)
  register.serial(
    `${store}: with the new key first and the old one behind it all goes on; without the old one ends what is documented`,
    async (t) => {
      const where = await open(t);
      const run = async <T>(keys: string, work: (server: TestServer) => Promise<T>): Promise<T> => {
        const server = await startServer({ env: { ...where, SECRET_KEYS: keys } });
        return work(server).finally(server.close);
      };
      const made = await run(OLD, async (server) => {
        const all = await make(server);
        t.deepEqual(await working(server, all), ALL, 'before');
        return all;
      });
      await run(`${NEW},${OLD}`, async (server) => t.deepEqual(await working(server, made), ALL, 'new and old'));
      await run(NEW, async (server) => {
        t.deepEqual(await working(server, made), WITHOUT_OLD, 'new alone');
        const code = await replaceCode(server.core, await groupAt(server.core, 'lobby'));
        t.is(joinCode(server.core, await groupAt(server.core, 'lobby')), code, 'a new code works');
      });
    },
  );

requireOrSkip(test, mongo).serial(
  'while processes change one after the other, each goes on with what was made before, and with sessions and codes of the others',
  async (t) => {
    const env = { MONGODB_URL: freshDatabase(present(mongo)) };
    const before = await startServerFor(t, { env: { ...env, SECRET_KEYS: OLD } });
    const made = await make(before);
    const after = await startServerFor(t, { env: { ...env, SECRET_KEYS: `${NEW},${OLD}` }, clock: before.clock });
    t.deepEqual([await working(before, made), await working(after, made)], [ALL, ALL]);
    const bob = await after.signUp('Bob');
    t.is((await bob.at(before.url).get('/groups')).status, 200, 'a session of the new process is one of the old process');
    const code = await replaceCode(after.core, await groupAt(after.core, 'lobby'));
    t.is((await bob.at(before.url).form('/groups/join', { code })).status, 303, 'a code of the new process admits at the old one');
    t.regex(joinCode(before.core, await groupAt(before.core, 'lobby')), /^\(encrypted/, 'which cannot show it, as documented');
  },
);
