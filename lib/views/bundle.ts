/** `import { a, b as c } from './x.js';` or `import './x.js';`, alone at the start of a line. */
const IMPORT = /^import (?:{([^}]*)} from )?'\.\/([\w-]+\.js)';$/gm;
const EXPORT = /^export (?=(?:async )?(?:function|const) ([\w$]+))/gm;

const variableOf = (name: string): string => `module_${name.replace('.js', '').replaceAll('-', '_')}`;

function wrap(name: string, source: string): string {
  const exports = [...source.matchAll(EXPORT)].map(([, exported]) => exported);
  const body = source
    .replace(IMPORT, (_, names: string | undefined, from: string) =>
      names ? `const {${names.replaceAll(' as ', ': ')}} = ${variableOf(from)};` : '',
    )
    .replace(EXPORT, '');
  const rest = /^(?:import|export)\b.*$/m.exec(body);
  if (rest) throw new Error(`${name}: only named imports of ./files and exported functions and constants can be bundled: ${rest[0]}`);
  return `const ${variableOf(name)} = (() => {\n${body.trim()}\nreturn { ${exports.join(', ')} };\n})();`;
}

/**
 * The ES modules that `entry` imports, and those that they import, as one classic script: each module is a function whose result is what it exports,
 * run once, after what it imports. `read` answers a file's text by its name. Of the module syntax it takes named imports of files beside it and the
 * export of functions and constants where they are declared; a cycle and anything else throws, with the name of the file.
 */
export function bundleModules(entry: string, read: (name: string) => string): string {
  const parts = new Map<string, string | undefined>(); // undefined while what it imports is read
  const add = (name: string, importer: string): void => {
    if (parts.has(name) && parts.get(name) === undefined) throw new Error(`${importer} and ${name} import each other`);
    if (parts.has(name)) return;
    parts.set(name, undefined);
    const source = read(name);
    for (const [, , from = ''] of source.matchAll(IMPORT)) add(from, name);
    parts.delete(name); // behind what it imports
    parts.set(name, wrap(name, source));
  };
  add(entry, entry);
  return `(() => {\n'use strict';\n${[...parts.values()].join('\n')}\n})();`;
}
