import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import test from 'ava';
import { type Assets, createAssets } from '../../lib/views/assets.ts';

const assets = createAssets();
const style = assets.url('css/app.css');

const get = (url: string, encoding = '', tag?: string) => {
  const found = assets.get(url, encoding, tag);
  if (found === undefined) throw new Error(`no ${url}`);
  return found;
};

/** The brotli copy is made in the background: polls for it. */
async function brotli(from: Assets, url: string) {
  for (;;) {
    const found = from.get(url, 'br');
    if (found?.headers['Content-Encoding'] === 'br') return found;
    await setImmediate();
  }
}

test('assets: a URL has the hash of the content and is cached as immutable', (t) => {
  const { status, headers, body } = get(style);
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
  t.is(style, `/static/${hash}/css/app.css`);
  t.is(status, 200);
  t.is(headers['Content-Type'], 'text/css; charset=utf-8');
  t.is(headers['Cache-Control'], 'public, max-age=31536000, immutable');
  t.is(headers['Content-Length'], String(body.length));
  t.is(headers.Vary, 'Accept-Encoding');
  t.regex(headers.ETag ?? '', /^"[0-9a-f]{16}"$/);
});

test('assets: each encoding has its own ETag and the same content', async (t) => {
  const plain = get(style);
  const zipped = get(style, 'gzip, deflate');
  const squeezed = await brotli(assets, style);
  t.is(zipped.headers['Content-Encoding'], 'gzip');
  t.deepEqual(gunzipSync(zipped.body), plain.body);
  t.deepEqual(brotliDecompressSync(squeezed.body), plain.body);
  t.is(new Set([plain, zipped, squeezed].map(({ headers }) => headers.ETag)).size, 3);
  t.true(squeezed.body.length < zipped.body.length);
  t.is(get(style, 'gzip;q=0, identity').headers['Content-Encoding'], undefined);
  t.is(get(style, 'br;q=0, gzip;q=0.5').headers['Content-Encoding'], 'gzip');
});

test('assets: until the brotli version is ready, gzip is served to clients that accept both', (t) => {
  const root = join(mkdtempSync(join(tmpdir(), 'parley-assets-')), 'static');
  t.teardown(() => rmSync(dirname(root), { recursive: true }));
  cpSync(join(import.meta.dirname, '../../static'), root, { recursive: true });
  const fresh = createAssets({ root });
  t.is(fresh.get(style, 'gzip, br')?.headers['Content-Encoding'], 'gzip');
});

test('assets: a known ETag gets 304 without a body', (t) => {
  const first = get(style);
  const again = get(style, '', `W/"x", ${first.headers.ETag}`);
  t.is(again.status, 304);
  t.is(again.body.length, 0);
  t.is(get(style, '', '"x"').status, 200);
});

test('assets: an unknown asset is undefined', (t) => {
  for (const url of [
    '/static/0000000000000000/nothing.css',
    '/static/css/app.css',
    '/static/0000000000000000/../package.json',
    '/static/0000000000000000/%2e%2e/package.json',
    '/static/',
    '/',
    '',
  ])
    t.is(assets.get(url, ''), undefined, url);
  t.throws(() => assets.url('nothing.css'), { message: /no asset/ });
});

test('assets: the hash of another version serves the current content with no-cache', (t) => {
  const { status, headers } = get('/static/0000000000000000/css/app.css');
  t.is(status, 200);
  t.is(headers['Cache-Control'], 'no-cache');
});

test('assets: the script is one file, libraries first, without source maps', (t) => {
  const text = get(assets.url('app.js')).body.toString();
  t.true(text.indexOf('var htmx=') < text.indexOf('registerExtension("sse"'));
  t.true(text.includes('_hyperscript'));
  t.false(text.includes('sourceMappingURL'));
});

test('assets: the style sheet has its layers in order and images by hashed URL', (t) => {
  const text = get(style).body.toString();
  t.true(text.startsWith('@layer tokens,base,layout,components,chat,print;'));
  t.true(text.includes(`url("${assets.url('icons/icon.svg').replace('/static/', '../../')}")`), 'relative to the style sheet');
});

test('every property that depends on the reader is set in _own.njk, read by a style, and in the table', (t) => {
  const text = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
  const names = (source: string, pattern: RegExp): string[] =>
    [...new Set([...source.matchAll(pattern)].map(([, name = '']) => name))].sort();
  const set = names(text('templates/messages/_own.njk'), /(--[\w-]+):/g);
  t.deepEqual(names(text('static/css/chat/message.css'), /^ \* \| (--[\w-]+) /gm), set);
  const styles = get(style).body.toString();
  for (const name of set) t.regex(styles, new RegExp(`var\\(\\s*${name}\\b`), name);
});

test('assets: missing style sheets stop the start', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'parley-assets-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  t.throws(() => createAssets({ root }), { code: 'ENOENT' });
});
