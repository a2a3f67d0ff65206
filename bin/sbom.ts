import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/*
 * Prints the software bill of materials of what runs in production, as CycloneDX 1.5 (https://cyclonedx.org), by `npm sbom`, from
 * package-lock.json alone: `npm run -s sbom > parley.cdx.json`. An npm before 10 has no such command; then npm 11 is fetched for it.
 */
const NPM = 'npm@11.19.1';
const ARGS = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--no-update-notifier'];

type Component = { readonly 'bom-ref': string; readonly properties?: readonly { readonly name: string }[] };
type Bom = {
  readonly metadata: { readonly component: object };
  components: Component[];
  dependencies: { readonly ref: string; readonly dependsOn?: readonly string[] }[];
};

const root = new URL('..', import.meta.url);
const { name, version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

const run = (program: string, args: readonly string[]) =>
  spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'inherit'] });

const isNew = Number.parseInt(run('npm', ['--version']).stdout ?? '', 10) >= 10;
const { status, stdout } = isNew ? run('npm', ARGS) : run('npx', ['--yes', NPM, ...ARGS]);
if (status !== 0) process.exit(status ?? 1);
const bom = JSON.parse(stdout) as Bom;
// Not by `--omit dev`: it also leaves out packages of production that a development package needs too.
const isForDevelopment = ({ properties = [] }: Component): boolean => properties.some((one) => one.name === 'cdx:npm:package:development');
const left = new Set(bom.components.filter(isForDevelopment).map((one) => one['bom-ref']));
bom.components = bom.components.filter((one) => !left.has(one['bom-ref']));
bom.dependencies = bom.dependencies
  .filter(({ ref }) => !left.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => !left.has(one)) }));
Object.assign(bom.metadata.component, { name, version, type: 'application' }); // npm names it after the folder
console.log(JSON.stringify(bom, undefined, 2));
