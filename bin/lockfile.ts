import { readFileSync } from 'node:fs';

/*
 * Checks that package-lock.json fixes the content of every package: a SHA-512 of each, all from the registry. Addresses of the registry are
 * left out of the file (.npmrc: omit-lockfile-registry-resolved), so that each installation uses its own; any address in it is that of a
 * package from elsewhere. `bin/runtime bin/lockfile.ts [FILE]` prints what is wrong; exit status 1 then.
 */
type Entry = { readonly version?: string; readonly integrity?: string; readonly resolved?: string; readonly link?: boolean };

const file = process.argv[2] ?? new URL('../package-lock.json', import.meta.url);
const { lockfileVersion, packages } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Entry>>;
};

const problems = lockfileVersion === 3 ? [] : [`lockfileVersion is ${lockfileVersion}, not 3`];
const entries = Object.entries(packages).filter(([folder]) => folder !== '');
for (const [folder, { version, integrity, resolved, link }] of entries) {
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')) problems.push(`${folder} has no SHA-512`);
  if (version === undefined) problems.push(`${folder} has no version`);
  if (resolved !== undefined || link) problems.push(`${folder} is not from the registry`);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`package-lock.json: ${entries.length} packages, each with its version and SHA-512.`);
