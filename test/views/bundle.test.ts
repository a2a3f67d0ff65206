import { runInNewContext } from 'node:vm';
import test from 'ava';
import { bundleModules, compactStyles } from '../../lib/views/bundle.ts';

/** The values that the modules pushed to `said`, in order. */
function run(files: Readonly<Record<string, string>>): string[] {
  const said: string[] = [];
  const read = (name: string): string => files[name] ?? '';
  runInNewContext(bundleModules('main.js', read), { said });
  return [...said];
}

test('bundle: each module runs once, after its imports, and sees only their exports', (t) => {
  const files = {
    'main.js': "import './a.js';\nimport { name as other, greet } from './deep-b.js';\nsaid.push(greet(other), typeof hidden);",
    'a.js': "import { greet } from './deep-b.js';\nconst hidden = 'a';\nsaid.push(greet(hidden));",
    'deep-b.js':
      "export const name = 'b';\nconst hidden = 'hello ';\nexport function greet(who) {\n  return hidden + who;\n}\nsaid.push('once');",
  };
  t.deepEqual(run(files), ['once', 'hello a', 'hello b', 'undefined']);
});

test('an import over several lines, and the export of an async function', (t) => {
  const files = {
    'main.js': "import {\n  one,\n  two,\n} from './a.js';\nsaid.push(typeof one, two);",
    'a.js': 'export async function one() {}\nexport const two = 2;',
  };
  t.deepEqual(run(files), ['function', 2 as unknown as string]);
});

test('bundle: modules are strict and define no globals', (t) => {
  const context = {};
  runInNewContext(
    bundleModules('main.js', () => 'const mine = 1;\nexport const strict = (function () { return this === undefined; })();'),
    context,
  );
  t.deepEqual(context, {});
  t.throws(() => run({ 'main.js': 'undeclared = 1;' }), { message: /undeclared is not defined/ });
});

for (const source of ["import a from './a.js';", "import { a } from 'a';", 'export default 1;', 'export let a = 1;', 'export { a };'])
  test(`${source} cannot be bundled, and the error names the file`, (t) => {
    const error = t.throws(() => bundleModules('main.js', (name) => (name === 'main.js' ? source : '')));
    t.regex(error?.message ?? '', /^main\.js: only named imports/);
    t.true(error?.message.includes(source));
  });

test('modules that import each other are refused', (t) => {
  const files: Record<string, string> = { 'main.js': "import './a.js';", 'a.js': "import './b.js';", 'b.js': "import './a.js';" };
  t.throws(() => run(files), { message: 'b.js and a.js import each other' });
});

test('comments are left out, and strings that look like one are not', (t) => {
  const main = "// first\n/** what */\nconst at = 'https://x // y'; // why\nsaid.push(at, `a // b`); // 'last'\n";
  t.deepEqual(run({ 'main.js': main }), ['https://x // y', 'a // b']);
  t.notRegex(
    bundleModules('main.js', () => main),
    /first|what|why|last/,
  );
});

test('a style sheet loses comments and spaces that say nothing, and texts stay', (t) => {
  const css = `/* what */
@media (width < 40rem) {
  .a > b:hover :focus,
  a:not(.b) {
    content: "a  { b; }, /* c";
    margin: calc(1px + 2px) var(--x, 0);
  }
}
`;
  const compacted = '@media (width < 40rem){.a > b:hover :focus,a:not(.b){content:"a  { b; }, /* c";margin:calc(1px + 2px) var(--x,0)}}';
  t.is(compactStyles(css).trim(), compacted);
});
