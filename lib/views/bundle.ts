/** `import { a, b as c } from './x.js';` or `import './x.js';`, alone at the start of a line. */
const IMPORT = /^import (?:{([^}]*)} from )?'\.\/([\w-]+\.js)';$/gm;
const EXPORT = /^export (?=(?:async )?(?:function|const) ([\w$]+))/gm;

/** Removes comments and indentation, which are a fifth of what is sent. A module has no line break within a template literal. */
const compact = (source: string): string =>
  source
    .replace(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, '')
    .replace(/^\s*\/\/.*\n/gm, '')
    .replace(/^((?:[^'"`/\n]|'[^'\n]*'|"[^"\n]*"|`[^`\n]*`)*[;{},)]) \/\/ .*$/gm, '$1')
    .replace(/\n\s+/g, '\n');

/** The same for a style sheet. Texts between double quotes stay as they are. */
export const compactStyles = (css: string): string =>
  css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/("[^"]*")|\s+/g, (_, quoted?: string) => quoted ?? ' ')
    .replace(/("[^"]*")|(?<=[\w-]:) | ?([{};,]) ?/g, (_, quoted?: string, mark?: string) => quoted ?? mark ?? '')
    .replace(/("[^"]*")|;(?=})/g, (_, quoted?: string) => quoted ?? '');

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
  return `const ${variableOf(name)} = (() => {\n${compact(body).trim()}\nreturn { ${exports.join(', ')} };\n})();`;
}

/**
 * Bundles `entry` and the ES modules that it imports, directly or indirectly, into one classic script. Each module becomes a function that returns its
 * exports and runs once, after its imports. `read` returns the text of a file. Supported are named imports from the same folder and exported function
 * and constant declarations; anything else, or a cycle, throws with the name of the file.
 */
export function bundleModules(entry: string, read: (name: string) => string): string {
  const parts = new Map<string, string | undefined>(); // undefined while its imports are read
  const add = (name: string, importer: string): void => {
    if (parts.has(name) && parts.get(name) === undefined) throw new Error(`${importer} and ${name} import each other`);
    if (parts.has(name)) return;
    parts.set(name, undefined);
    const source = read(name);
    for (const [, , from = ''] of source.matchAll(IMPORT)) add(from, name);
    parts.delete(name); // insert after its imports
    parts.set(name, wrap(name, source));
  };
  add(entry, entry);
  return `(() => {\n'use strict';\n${[...parts.values()].join('\n')}\n})();`;
}
