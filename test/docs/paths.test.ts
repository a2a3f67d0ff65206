import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'ava';

const ROOT = new URL('../../', import.meta.url);
const PAGES = [
  ...readdirSync(ROOT),
  ...readdirSync(new URL('docs/', ROOT), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
  'test/model/README.md',
].filter((name) => name.endsWith('.md'));
const FOLDERS = 'bin|deploy|fixtures|lib|static|templates|test';
const TESTS = new Set(readdirSync(new URL('test/', ROOT), { recursive: true, encoding: 'utf8' }).map((path) => path.split('/').at(-1)));

/** Paths in code spans, such as `lib/log/writer.ts`; patterns (`lib/<noun>/`, `lib/store/*`) are left out. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(new RegExp(`(?<![\\w./-])(?:${FOLDERS})/[\\w./*<>-]*[\\w/]`, 'g'))]
    .map(([path]) => path)
    .filter((path) => !/[*<>]/.test(path));

for (const page of PAGES)
  test(`${page}: every path of the project that it names exists`, (t) => {
    const text = readFileSync(new URL(page, ROOT), 'utf8');
    const missing = pathsIn(text).filter((path) => !existsSync(new URL(path, ROOT)));
    const missingTests = [...text.matchAll(/[\w-]+\.test\.ts/g)].map(([name]) => name).filter((name) => !TESTS.has(name));
    t.deepEqual([...missing, ...missingTests], []);
  });

test('paths in docs: those of reliability.md are found', (t) => {
  const paths = pathsIn(readFileSync(new URL('docs/reliability.md', ROOT), 'utf8'));
  t.true(paths.includes('lib/log/writer.ts'));
  t.true(paths.includes('test/faults/kill.test.ts'));
});

test('test/model/README.md: every file of the model that it names exists', (t) => {
  const names = [...readFileSync(new URL('test/model/README.md', ROOT), 'utf8').matchAll(/`([\w.-]+\.ts)`/g)].map(([, name = '']) => name);
  t.true(names.length > 15);
  t.deepEqual(
    names.filter((name) => !existsSync(new URL(`test/model/${name}`, ROOT))),
    [],
  );
});

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

for (const page of PAGES)
  test(`${page}: every link to a heading leads to one`, (t) => {
    const url = new URL(page, ROOT);
    const links = [...readFileSync(url, 'utf8').matchAll(/\]\(([\w./-]*\.md)?#([^)]+)\)/g)];
    const broken = links.filter(([, path, anchor = '']) => !anchorsOf(readFileSync(new URL(path ?? '', url), 'utf8')).includes(anchor));
    t.deepEqual(
      broken.map(([link]) => link),
      [],
    );
  });
