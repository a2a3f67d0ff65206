import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

/*
 * `npm pack` runs this first: writes to dist/ what the package contains besides its launcher. The sources without types, since Node.js strips types
 * of no file below node_modules; templates, static files and package.json as they are.
 */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** Files of ours by their names: `'./x.ts'`, `'thumbnail-worker.ts'`. */
const OWN_FILE = /(['"`])((?:\.{1,2}\/)?[\w./-]+)\.ts\1/g;

const toJavaScript = (source: string): string => stripTypeScriptTypes(source).replace(OWN_FILE, '$1$2.js$1');

rmSync(dist, { recursive: true, force: true });
for (const path of globSync(['lib/**/*.ts', 'fixtures/demo*.ts'], { cwd: root })) {
  if (path.endsWith('.d.ts')) continue;
  const to = join(dist, path.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, toJavaScript(readFileSync(join(root, path), 'utf8')));
}
for (const name of ['templates', 'static', 'package.json']) cpSync(join(root, name), join(dist, name), { recursive: true });
