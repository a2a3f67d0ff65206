import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzipSync } from 'node:zlib';
import pLimit from 'p-limit';
import { acceptedEncodings, type Encoding } from '../http/encoding.ts';
import type { Language } from '../language/current.ts';
import { translateScript } from '../language/source.ts';
import { bundleModules, compactStyles } from './bundle.ts';

type AssetResponse = {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

export type Assets = {
  /**
   * `css/app.css` → `/static/<16 hex digits of its SHA-256>/css/app.css`; of a script with texts in another language `/static/…/fr/app.js`.
   * Throws when there is no such asset.
   */
  url(path: string, language?: Language): string;
  /**
   * The response for a path of url(); undefined if there is no such asset.
   * With another hash (a page from before or after an upgrade) it has the current content and must be revalidated.
   * Never waits: the first request starts brotli compression in the background; gzip is served until it is done.
   */
  get(urlPath: string, acceptEncoding: string, ifNoneMatch?: string): AssetResponse | undefined;
};

type Asset = { readonly type: string; readonly hash: string; readonly bodies: Map<Encoding, Buffer>; squeezing: boolean };

type Table = Map<string, Asset>;

const OWN = join(import.meta.dirname, '../../static');
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
};
const PACKED = new Set(['.png', '.ico']); // already compressed

const LIBRARIES = [
  ['htmx.org', 'dist/htmx.min.js'],
  ['htmx.org', 'dist/ext/hx-sse.min.js'],
  ['hyperscript.org', 'dist/_hyperscript.min.js'],
] as const;
const CHAT = ['sidebar', 'message', 'markup', 'composer', 'menu', 'timeline', 'empty-state', 'switcher', 'emoji'];
/** The cascade layers in order, with the style sheets of each in order (under static/css). */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  tokens: ['tokens'],
  base: ['base'],
  layout: ['layout'],
  components: ['components'],
  chat: CHAT.map((name) => `chat/${name}`),
  print: ['print'],
};

/** The folder of a package, wherever npm has put it. */
const folderOf = (name: string): string => dirname(findPackageJSON(name, import.meta.url) ?? '');

/** One file, because htmx starts as soon as its own script has run and would miss an extension that arrives later. */
function bundleLibraries(): string {
  const parts = LIBRARIES.map(([name, file]) => readFileSync(join(folderOf(name), file), 'utf8'));
  return parts.map((part) => `${part.replace(/^\/\/[#@] sourceMappingURL=.*$/gm, '').trim()}\n;`).join('');
}

/** The bundles of scripts, by name: what comes before the modules, and the module that imports the others. */
const BUNDLES: Readonly<Record<string, { readonly before: () => string; readonly main: string }>> = {
  'app.js': { before: bundleLibraries, main: 'main.js' },
  'later.js': { before: () => '', main: 'later.js' },
};

/** Declares the order of the layers first, so that it does not depend on the order of the files. */
function bundleStyles(read: (path: string) => string): string {
  const layers = Object.entries(LAYERS).map(
    ([name, sheets]) => `@layer ${name} {\n${sheets.map((sheet) => read(`css/${sheet}.css`)).join('\n')}\n}`,
  );
  return [`@layer ${Object.keys(LAYERS).join(', ')};`, ...layers].join('\n');
}

/** What the pages need without the network. */
const OFFLINE_FILES = ['app.js', 'later.js', 'css/app.css', 'icons/icon.svg', 'icons/icon-dot.svg', 'icons/icon-192.png'];

/** Names the files that the service worker keeps, by their hashes: when one changes, the service worker does, and browsers install it anew. */
const withFiles = (worker: string, url: (path: string) => string): string =>
  worker.replace(/^const FILES = .*;$/m, `const FILES = ${JSON.stringify(OFFLINE_FILES.map(url))};`);

/** Replaces `url("../icons/x.svg")` by the hashed URL of the file, relative to that of the style sheet (`/static/<hash>/css/app.css`). */
const linkImages = (css: string, url: (path: string) => string): string =>
  css.replace(/url\("\.\.\/([^"]+)"\)/g, (_, path: string) => `url("${url(path).replace('/static/', '../../')}")`);

function readTable(root: string): Table {
  const paths = globSync('**/*.*', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const table = new Map(paths.flatMap((path) => asAsset(path, readFileSync(join(root, path)))));
  const add = (path: string, text: string) => {
    for (const [name, asset] of asAsset(path, Buffer.from(text))) table.set(name, asset);
  };
  for (const [name, { before, main }] of Object.entries(BUNDLES))
    add(name, before() + bundleModules(main, (module) => read(`js/${module}`)));
  add(
    'css/app.css',
    linkImages(compactStyles(bundleStyles(read)), (path) => hashedUrl(table, path)),
  );
  const worker = ['sw.js', 'sw-offline.js'].map(read).join('\n');
  add(
    'sw.js',
    withFiles(worker, (path) => hashedUrl(table, path)),
  );
  return table;
}

/** The URL of a file for pages in a language: of a script with texts, that of its translation, which is made of what the table has and added to it. */
function urlIn(table: Table, path: string, language: Language): string {
  if (language === 'en' || !(path in BUNDLES || path === 'sw.js')) return hashedUrl(table, path);
  const translated = `${language}/${path}`;
  if (!table.has(translated))
    for (const [name, asset] of asAsset(translated, Buffer.from(translate(table, path, language)))) table.set(name, asset);
  return hashedUrl(table, translated);
}

function translate(table: Table, path: string, language: Language): string {
  const textOf = (name: string) => table.get(name)?.bodies.get('identity')?.toString('utf8') ?? '';
  const bundle = BUNDLES[path];
  if (!bundle) return withFiles(translateScript(textOf(path), language), (file) => urlIn(table, file, language));
  const bundled = (read: (module: string) => string) => bundleModules(bundle.main, read);
  const plain = bundled((module) => textOf(`js/${module}`));
  const libraries = textOf(path).slice(0, -plain.length);
  return libraries + bundled((module) => translateScript(textOf(`js/${module}`), language));
}

function hashedUrl(table: ReadonlyMap<string, Asset>, path: string): string {
  const asset = table.get(path);
  if (asset === undefined) throw new Error(`There is no asset ${path}`);
  return `/static/${asset.hash}/${path}`;
}

function asAsset(path: string, body: Buffer): [string, Asset][] {
  const type = TYPES[extname(path)];
  if (type === undefined) return [];
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
  return [[path, { type, hash, bodies: new Map([['identity', body]]), squeezing: false }]];
}

const compress = promisify(brotliCompress);
const limit = pLimit(1); // libuv's four threads also hash passwords
/** By hash: each content is compressed once in a process, which takes half a second of CPU for all scripts and styles. */
const compressed = new Map<string, Promise<Buffer>>();

function brotliOf(hash: string, plain: Buffer): Promise<Buffer> {
  const known = compressed.get(hash);
  if (known) return known;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const body = limit(() => compress(plain, { params }));
  compressed.set(hash, body);
  return body;
}

/** As readTable; once in a process for the files of Parley itself, which only change with `dev`. */
let own: Table | undefined;
const ownTable = (): Table => (own ??= readTable(OWN));

/**
 * The static files under `root` and the bundles `app.js`, `later.js` (which app.js loads when it is needed) and `css/app.css`, read once and held in memory.
 * With `dev` they are reread at each call of url(), so that an edited style shows on the next load.
 */
export function createAssets(options: { readonly root?: string; readonly dev?: boolean } = {}): Assets {
  const { root = OWN, dev = false } = options;
  let table = root === OWN && !dev ? ownTable() : readTable(root);

  function squeeze(asset: Asset, plain: Buffer): void {
    asset.squeezing = true;
    void brotliOf(asset.hash, plain).then((body) => asset.bodies.set('br', body));
  }

  function encode(asset: Asset, plain: Buffer, wanted: readonly Encoding[]): [Encoding, Buffer] {
    if (wanted.includes('br') && !asset.squeezing) squeeze(asset, plain);
    if (wanted.includes('gzip') && !asset.bodies.has('gzip')) asset.bodies.set('gzip', gzipSync(plain, { level: 6 }));
    const encoding = wanted.find((name) => asset.bodies.has(name)) ?? 'identity';
    return [encoding, asset.bodies.get(encoding) ?? plain];
  }

  return {
    url(path, language = 'en') {
      if (dev) table = readTable(root);
      return urlIn(table, path, language);
    },
    get(urlPath, acceptEncoding, ifNoneMatch = '') {
      const [, hash, path = ''] = /^\/static\/([0-9a-f]{16})\/([\w./-]+)$/.exec(urlPath) ?? [];
      const asset = table.get(path);
      const plain = asset?.bodies.get('identity');
      if (asset === undefined || plain === undefined) return undefined;
      const packed = PACKED.has(extname(path));
      const [encoding, body] = packed ? (['identity', plain] as const) : encode(asset, plain, acceptedEncodings(acceptEncoding));
      const etag = `"${asset.hash}${encoding === 'identity' ? '' : `-${encoding}`}"`;
      const headers: Record<string, string> = {
        'Content-Type': asset.type,
        'Cache-Control': hash === asset.hash ? 'public, max-age=31536000, immutable' : 'no-cache',
        ETag: etag,
        Vary: 'Accept-Encoding',
        'X-Content-Type-Options': 'nosniff',
      };
      const known = ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
      if (known) return { status: 304, headers, body: Buffer.alloc(0) };
      if (encoding !== 'identity') headers['Content-Encoding'] = encoding;
      return { status: 200, headers: { ...headers, 'Content-Length': String(body.length) }, body };
    },
  };
}
