import test from 'ava';
import { startServerFor } from '../helpers/server.ts';

type Icon = { readonly src: string; readonly type: string; readonly sizes: string; readonly purpose: string };
type Screenshot = Omit<Icon, 'purpose'> & { readonly form_factor: string };
type Manifest = {
  readonly id: string;
  readonly start_url: string;
  readonly scope: string;
  readonly display: string;
  readonly icons: readonly Icon[];
  readonly screenshots: readonly Screenshot[];
  readonly shortcuts: readonly { readonly name: string; readonly url: string }[];
};

/** Width and height of a PNG, from its first chunk. */
const sizeOf = (png: Buffer): string => `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;

test('app: the manifest and its icons are public, and the icons have the stated sizes', async (t) => {
  const site = await startServerFor(t);
  const found = await fetch(`${site.url}/manifest.webmanifest`);
  t.is(found.status, 200);
  t.is(found.headers.get('content-type'), 'application/manifest+json; charset=utf-8');
  const { icons, screenshots, shortcuts, ...manifest } = (await found.json()) as Manifest;
  t.like(manifest, {
    id: '/',
    start_url: '/groups',
    scope: '/',
    display: 'standalone',
    share_target: { action: '/share', method: 'POST' },
  });
  const ann = await site.signUp('Ann');
  for (const { name, url } of shortcuts) t.true((await ann.get(url)).text.includes(`<h1>${name}</h1>`), name);
  t.deepEqual(
    screenshots.map(({ form_factor }) => form_factor),
    ['narrow', 'wide'],
  );
  t.deepEqual(
    icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`),
    ['192x192 any', '512x512 any', '512x512 maskable'],
  );
  for (const { src, type, sizes } of [...icons, ...screenshots]) {
    const icon = await fetch(new URL(src, site.url));
    t.is(icon.headers.get('content-type'), type, src);
    t.is(sizeOf(Buffer.from(await icon.arrayBuffer())), sizes, src);
  }
  const page = await (await fetch(site.url)).text();
  for (const line of ['<link rel="manifest" href="/manifest.webmanifest">', '<meta name="theme-color"']) t.true(page.includes(line), line);
});

test('app: the service worker is served at the root with no-cache, and its icon exists under any hash', async (t) => {
  const site = await startServerFor(t);
  const worker = await fetch(`${site.url}/sw.js`);
  t.is(worker.status, 200);
  t.regex(worker.headers.get('content-type') ?? '', /^text\/javascript/);
  t.is(worker.headers.get('cache-control'), 'no-cache');
  const icon = /`\$\{site\}(\/static\/[^`]+\.png)`/.exec(await worker.text())?.[1] ?? '';
  const answer = await fetch(`${site.url}${icon}`);
  t.is(`${answer.status} ${answer.headers.get('content-type')}`, '200 image/png');
});

test('app: the service worker and the manifest are in the reader’s language, with its scripts', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  const worker = async () => (await ann.get('/sw.js', '*/*')).text;
  const filesOf = (source: string): string[] => JSON.parse(/^const FILES = (\[.*\]);$/m.exec(source)?.[1] ?? '[]');
  const isIn = (paths: readonly string[]) => paths.map((path) => path.replace(/^\/static\/[0-9a-f]{16}/, '')).slice(0, 3);
  const english = await worker();
  t.true(english.includes("t('You are offline. This is how it was at {1}.'"));
  t.deepEqual(isIn(filesOf(english)), ['/app.js', '/later.js', '/css/app.css']);
  await ann.form('/settings/appearance', { theme: '', density: '', time_zone: '', clock: '', language: 'fr' });
  const french = await worker();
  t.true(french.includes("t('Vous êtes hors connexion. Voici l’état à {1}.'"), french.slice(-2000));
  t.deepEqual(isIn(filesOf(french)), ['/fr/app.js', '/fr/later.js', '/css/app.css']);
  for (const path of filesOf(french)) t.is((await fetch(site.url + path)).status, 200, path);
  const { shortcuts } = (await ann.get('/manifest.webmanifest', '*/*')).json<Manifest>();
  t.is(shortcuts[0]?.name, 'Messages privés');
  const script = /src="([^"]+app\.js)"/.exec((await ann.get('/groups')).text)?.[1] ?? '';
  t.true(filesOf(french).includes(script), `the page has ${script}`);
});
