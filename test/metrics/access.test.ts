import test from 'ava';
import type { Config } from '../../lib/config.ts';
import { mayScrape, type Scraper } from '../../lib/metrics/rules.ts';
import { startServerFor } from '../helpers/server.ts';

type Settings = Pick<Config, 'metricsToken' | 'trustProxy' | 'publicUrl'>;

const TOKEN = 'scrape-me.0123456789';
const HERE: Scraper = { address: '127.0.0.1', host: '127.0.0.1:3000', authorization: '', isForwarded: false };
const OPEN: Settings = { metricsToken: undefined, trustProxy: false, publicUrl: undefined };

const CASES: [what: string, scraper: Partial<Scraper>, settings: Partial<Settings>, may: boolean][] = [
  ['a program on this machine', {}, {}, true],
  ['by IPv6', { address: '::1', host: '[::1]:3000' }, {}, true],
  ['by an IPv4 address as IPv6 says it', { address: '::ffff:127.0.0.1', host: 'localhost' }, {}, true],
  ['another machine', { address: '192.0.2.7', host: '192.0.2.1:3000' }, {}, false],
  ['another machine that says it is here', { address: '192.0.2.7', host: 'localhost' }, {}, false],
  ['a connection without an address', { address: '' }, {}, false],
  ['what a proxy passes on', { isForwarded: true }, {}, false],
  ['a name that was pointed here', { host: 'evil.example' }, {}, false],
  ['a name that only looks like an address', { host: '127.0.0.1.evil.example' }, {}, false],
  ['this machine, where a proxy is trusted', {}, { trustProxy: true }, false],
  ['this machine, where the site has a public name', {}, { publicUrl: 'https://chat.example.org' }, false],
  ['this machine, where the public name is its own', {}, { publicUrl: 'http://localhost:3000' }, true],
  ['this machine, beside a token', {}, { metricsToken: TOKEN }, true],
  [
    'the token, from anywhere',
    { address: '192.0.2.7', host: 'chat.example.org', isForwarded: true, authorization: `Bearer ${TOKEN}` },
    { metricsToken: TOKEN },
    true,
  ],
  ['the token, in other case', { authorization: `bearer ${TOKEN}`, isForwarded: true }, { metricsToken: TOKEN }, true],
  ['a wrong token, from here too', { authorization: `Bearer ${TOKEN}x` }, { metricsToken: TOKEN }, false],
  ['the beginning of the token', { authorization: `Bearer ${TOKEN.slice(0, -1)}`, isForwarded: true }, { metricsToken: TOKEN }, false],
  ['a token where none is set', { authorization: 'Bearer undefined' }, {}, false],
  ['the token as a password', { authorization: `Basic ${btoa(`x:${TOKEN}`)}`, isForwarded: true }, { metricsToken: TOKEN }, false],
];

for (const [what, scraper, settings, may] of CASES)
  test(`${what}: ${may ? 'may' : 'may not'} read the metrics`, (t) =>
    t.is(mayScrape({ ...HERE, ...scraper }, { ...OPEN, ...settings }), may));

test('metrics: without METRICS_TOKEN, requests through a proxy get 404', async (t) => {
  const site = await startServerFor(t);
  t.is((await site.client().get('/metrics', '*/*')).status, 200);
  for (const headers of [{ 'X-Forwarded-For': '192.0.2.7' }, { Forwarded: 'for=192.0.2.7' }, { Via: '1.1 proxy' }] as Record<
    string,
    string
  >[]) {
    const answer = await site.client().get('/metrics', '*/*', headers);
    t.is(answer.status, 404);
    t.false(answer.text.includes('parley_'));
  }
  const ann = await site.signUp('Ann');
  t.is((await ann.get('/metrics', '*/*', { 'X-Forwarded-For': '127.0.0.1' })).status, 404, 'an administrator is no scraper');
});

test('metrics: with METRICS_TOKEN, the token is required and accepted', async (t) => {
  const site = await startServerFor(t, { env: { METRICS_TOKEN: TOKEN, TRUST_PROXY: 'on' } });
  const refused = await site.client().get('/metrics', '*/*');
  t.is(refused.status, 401);
  t.regex(refused.headers.get('www-authenticate') ?? '', /^Bearer/);
  t.false(refused.text.includes(TOKEN));
  t.is((await site.client().bearer(`${TOKEN}0`).get('/metrics', '*/*')).status, 401);
  const answer = await site.client().bearer(TOKEN).get('/metrics', '*/*', { 'X-Forwarded-For': '192.0.2.7' });
  t.is(answer.status, 200);
  t.false(answer.text.includes(TOKEN));
});
