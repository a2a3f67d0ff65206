import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

/** One import of a file of ours or of a package. `to` is a path from the root, or the package's name as written. */
export type Import = { readonly from: string; readonly to: string; readonly typeOnly: boolean; readonly ours: boolean };

const STATIC = /^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /(?<!\/\/.*|\*.*)\bimport\(\s*'([^']+)'\s*\)/g;

/** The imports of one file, whose path is from the root. */
export function importsOf(file: string): Import[] {
  return importsIn(file, readFileSync(file, 'utf8'));
}

/** As `importsOf`, of a given text. */
export function importsIn(file: string, text: string): Import[] {
  const fixed = [...text.matchAll(STATIC)].map(([, type, target = '']) => ({ target, typeOnly: type !== undefined }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, target = '']) => ({ target, typeOnly: false }));
  return [...fixed, ...dynamic].map(({ target, typeOnly }) => {
    const ours = target.startsWith('.');
    return { from: file, to: ours ? join(dirname(file), target) : target, typeOnly, ours };
  });
}

/** The import cycles, each as its files with the first one repeated at the end. */
export function circlesIn(imports: readonly Import[]): string[][] {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) circles.push([...path.slice(start), file]);
    if (start !== -1 || done.has(file)) return;
    for (const { to } of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return circles;
}
