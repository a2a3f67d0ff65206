import test from 'ava';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { openLobby } from '../helpers/fixtures.ts';
import { linesOf } from '../helpers/log-lines.ts';
import { startServerFor } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { scrape } from '../metrics/scrape.ts';

const browser = await openBrowser();

const REPORT = {
  'csp-report': {
    'effective-directive': 'script-src-elem',
    'blocked-uri': 'inline',
    'document-uri': 'http://127.0.0.1/groups/lobby',
    'line-number': 3,
  },
};
const BATCH = [
  {
    type: 'csp-violation',
    age: 5,
    url: 'https://x/',
    body: { effectiveDirective: 'img-src', blockedURL: 'https://evil.example/a?secret=1', documentURL: 'https://x/', lineNumber: 1 },
  },
  { type: 'deprecation', body: { id: 'x' } },
];

const send = (client: Client, body: unknown, type = 'application/csp-report', headers: Record<string, string> = {}): Promise<Answer> =>
  client.send('/csp-reports', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': type, ...headers },
  });

test('both kinds of reports are counted by directive, without a log-in', async (t) => {
  const { client } = await startServerFor(t);
  t.is((await send(client(), REPORT)).status, 204);
  t.is((await send(client(), BATCH, 'application/reports+json')).status, 204);
  t.is((await send(client(), { 'csp-report': { 'violated-directive': "style-src 'self'" } })).status, 204);
  t.is((await send(client(), { 'csp-report': { 'effective-directive': 'made-up"} 1' } })).status, 204);
  const { value, samples } = await scrape(client());
  const counted = (directive: string): number => value(`parley_csp_reports_total{directive="${directive}"}`);
  t.deepEqual([counted('script-src-elem'), counted('img-src'), counted('style-src'), counted('other')], [1, 1, 1, 1]);
  t.false([...samples.keys()].some((name) => name.includes('made-up')));
});

test('strangers cannot do much: 8 KiB, ten at once from one network, only reports, and nothing from pages of other sites', async (t) => {
  const { client, clock } = await startServerFor(t, { env: { TRUST_PROXY: 'on' } });
  const from = (address: string) => ({ 'X-Forwarded-For': address });
  const large = { 'csp-report': { 'blocked-uri': 'x'.repeat(9000) } };
  t.is((await send(client(), large, 'application/csp-report', from('192.0.2.1'))).status, 413);
  t.is((await send(client(), REPORT, 'text/plain', from('192.0.2.2'))).status, 400, 'a page of another site can send text/plain');
  for (const body of ['{', '[]x', '7', '{"csp-report":7}'])
    t.is((await send(client(), body, 'application/csp-report', from('192.0.2.3'))).status, 400, body);
  for (let n = 1; n <= 10; n++) t.is((await send(client(), REPORT, 'application/csp-report', from(`2001:db8:1:2::${n}`))).status, 204);
  const beyond = await send(client(), REPORT, 'application/csp-report', from('2001:db8:1:2:ffff::1'));
  t.deepEqual([beyond.status, beyond.headers.get('Retry-After')], [429, '1']);
  t.is((await send(client(), REPORT, 'application/csp-report', from('2001:db8:1:3::1'))).status, 204, 'another network');
  clock.turn(1000);
  t.is((await send(client(), REPORT, 'application/csp-report', from('2001:db8:1:2:ffff::1'))).status, 204);
});

test('a few are logged, without queries, keys and whatever else a stranger writes', (t) => {
  const lines = linesOf(
    'info',
    `
    const send = (body) => site.client().send('/csp-reports', { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/csp-report' } });
    await send({ 'csp-report': { 'effective-directive': 'img-src', 'blocked-uri': 'https://evil.example/x?SECRET', 'document-uri': site.url + '/join/SECRET?q=SECRET', 'source-file': 'SECRET text', 'script-sample': 'SECRET' } });
    for (let n = 0; n < 3; n++) { site.clock.turn(1000); for (let m = 0; m < 9; m++) await send({ 'csp-report': { 'blocked-uri': 'inline', 'document-uri': site.url + '/search?q=SECRET' } }); }
  `,
  ).filter(({ msg }) => String(msg).includes('Content-Security-Policy'));
  t.like(lines[0], { level: 40, directive: 'img-src', blocked: 'https://evil.example', page: '/join/[redacted]', source: 'other' });
  t.like(lines[1], { directive: 'other', blocked: 'inline', page: '/search' });
  t.true(lines.length >= 10 && lines.length <= 11, String(lines.length));
  t.false(JSON.stringify(lines).includes('SECRET'));
});

test('pages name the address of reports; over https also for the Reporting API', async (t) => {
  const plain = await startServerFor(t);
  const page = await plain.client().get('/');
  t.regex(page.headers.get('Content-Security-Policy') ?? '', /; report-uri \/csp-reports$/);
  t.is(page.headers.get('Reporting-Endpoints'), null, 'browsers use it over https only');
  const secure = await startServerFor(t, { env: { PUBLIC_URL: 'https://chat.example.org', ALLOWED_HOSTS: '127.0.0.1' } });
  const { headers } = await secure.client().get('/');
  t.regex(headers.get('Content-Security-Policy') ?? '', /; report-uri \/csp-reports; report-to csp$/);
  t.is(headers.get('Reporting-Endpoints'), 'csp="/csp-reports"');
});

requireOrSkip(test, browser)(
  'Chromium reports a script that the policy stops, and nothing for a page that is as it should be',
  async (t) => {
    const { core, ann } = await openLobby(t);
    const { page } = await openWindow(t, browser, ann);
    await page.goto('/settings');
    await page.getByRole('heading', { name: 'Security' }).waitFor();
    const total = (): number => Object.values(core.meters.cspReports).reduce((sum, one) => sum + one, 0);
    t.is(total(), 0);
    await page.evaluate(`{
    const script = document.createElement('script');
    script.textContent = 'document.title = "taken over"';
    document.body.append(script);
  }`);
    await eventually(() => core.meters.cspReports['script-src-elem'] === 1);
    t.is(total(), 1);
    t.is(await page.title(), 'Settings · Parley');
  },
);
