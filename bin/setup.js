// Runs before `npm start`, `npm test` and others, on whatever Node ≥ 18 is there: installs what package-lock.json names when it is not
// what is installed. Plain JavaScript without packages, since it runs before there are any.
//   --omit=dev   development packages may be missing (for `npm start` after `npm ci --omit=dev`)
//   --check      only say what is wrong; exit status 1 when an installation is due

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 24; // the first that runs TypeScript, and that our packages support
const EX_UNAVAILABLE = 69;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const omitDev = process.argv.includes('--omit=dev');
const nodePackage = `node_modules/node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** The packages that a lockfile names, by folder; undefined when there is no such file. */
function lockedIn(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

const hostNodeWillDo = () => Number.parseInt(process.versions.node, 10) >= OLDEST_NODE;

/** Whether an installation without this package is complete: optional ones are for other machines, but a Node for this one must be there. */
function mayBeAbsent(folder, { optional }) {
  return folder === nodePackage ? hostNodeWillDo() : Boolean(optional);
}

/** Why an installation is due; undefined when all is there. */
function whatIsMissing(wanted) {
  const installed = lockedIn('node_modules/.package-lock.json');
  if (!installed) return 'nothing is installed yet';
  for (const [folder, entry] of Object.entries(wanted)) {
    if (folder === '' || (omitDev && (entry.dev || entry.devOptional))) continue;
    const name = folder.replace(/^.*node_modules\//, '');
    const found = installed[folder];
    if (!found && mayBeAbsent(folder, entry)) continue;
    if (!found || !existsSync(join(root, folder))) return `${name} is missing`;
    if (found.version !== entry.version || found.integrity !== entry.integrity) return `${name} is not at ${entry.version}`;
  }
  return undefined;
}

function fail(message, status) {
  console.error(message);
  process.exit(status);
}

/** Our own node_modules/.bin is kept off PATH: npm would run on the very Node that it is about to replace. */
function install() {
  const PATH = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== join(root, 'node_modules', '.bin'));
  const env = { ...process.env, PATH: PATH.join(delimiter) };
  const args = ['ci', '--loglevel=error', omitDev ? [] : '--include=dev'].flat();
  const { status, error } = spawnSync('npm', args, { cwd: root, env, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) fail(`npm could not be started: ${error.message}`, EX_UNAVAILABLE);
  if (status !== 0) process.exit(status ?? 1);
  const pinned = spawnSync(join(root, 'node_modules', '.bin', 'node'), ['--version'], { shell: process.platform === 'win32' });
  if (pinned.status !== 0 && !hostNodeWillDo()) failForNode();
}

function failForNode() {
  const machine = `${process.platform}-${process.arch}`;
  const sentence = `Parley needs Node.js ${OLDEST_NODE} or newer, and this is ${process.version}: install one, since none that comes with Parley runs on this ${machine} machine.`;
  fail(sentence, EX_UNAVAILABLE);
}

const wanted = lockedIn('package-lock.json');
if (!wanted) fail('package-lock.json is missing or damaged: get it back with `git checkout package-lock.json`.', EX_UNAVAILABLE);
if (!(nodePackage in wanted) && !hostNodeWillDo()) failForNode();
const missing = whatIsMissing(wanted);
if (missing && process.argv.includes('--check')) fail(`Packages have to be installed: ${missing}.`, 1);
if (missing) {
  console.log(`Installing Parley's packages (${missing}); this takes a few seconds …`);
  install();
}
