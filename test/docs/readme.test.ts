import { readFileSync } from 'node:fs';
import test from 'ava';
import { readConfig } from '../../lib/config.ts';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const page = read('README.md');

/** The names in the first column of the table under this heading. */
function namedUnder(head: string): string[] {
  const [, rows = ''] = page.split(`${head}\n`);
  const cells = rows
    .split('\n\n')[0]
    ?.split('\n')
    .slice(1)
    .map((row) => row.split('|')[1] ?? '');
  return (cells ?? []).flatMap((cell) => cell.replace(/\(.*?\)|`/g, '').split(',')).map((name) => name.trim());
}

test('README: the table of settings has exactly the variables that are read', (t) => {
  const asked = new Set<string>();
  readConfig(
    new Proxy(
      {},
      {
        get: (_, name) => {
          asked.add(String(name));
          return undefined;
        },
      },
    ),
  );
  const named = namedUnder('| variable | default | meaning |');
  const [, inFiles = ''] = /(`MONGODB_URL`.*?) may be in a file that `<NAME>_FILE` names/.exec(read('README.md')) ?? [];
  const files = [...inFiles.matchAll(/`(\w+)`/g)].map(([, name]) => `${name}_FILE`);
  t.deepEqual([...named, ...files].sort(), [...asked].sort());
});

test('README: the table of packages has exactly the dependencies of package.json', (t) => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<string, object>;
  const names = [dependencies, devDependencies, optionalDependencies].flatMap((some) => Object.keys(some ?? {}));
  t.true(names.length > 30);
  t.deepEqual(namedUnder('| package | for |').sort(), names.sort());
});

test('README: links to files of the project have targets', (t) => {
  for (const name of ['README.md', 'docs/bots.md', 'docs/cli.md', 'docs/operators.md', 'docs/reliability.md', 'docs/scaling.md'])
    for (const [, path = ''] of read(name).matchAll(/\]\((?!https?:|#|mailto:|\/)([^)#\s]+)/g))
      t.notThrows(() => readFileSync(new URL(path, new URL(`../../${name}`, import.meta.url))), `${path} in ${name}`);
});
