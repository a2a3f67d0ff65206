// Runs before `npm start`, `npm test` and others, on Node.js 18 or newer: installs the packages of package-lock.json unless exactly
// these are installed. Plain JavaScript without packages, because it runs before there are any.
//   --omit=dev   without development packages; if some are installed, they are kept and updated
//   --check      only print what is missing; exit status 1 if an installation is necessary

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 24; // the first version that runs TypeScript and that our packages support
const EX_UNAVAILABLE = 69;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const omitDev = process.argv.includes('--omit=dev');
const nodePackage = `node_modules/node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** The packages in a lockfile, by folder; undefined when the file is missing or damaged. */
function lockedIn(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

const isHostNodeNewEnough = () => Number.parseInt(process.versions.node, 10) >= OLDEST_NODE;

/** Whether this package may be missing: optional ones are for other platforms, but there must be a Node.js for this one. */
function mayBeAbsent(folder, { optional }) {
  return folder === nodePackage ? isHostNodeNewEnough() : Boolean(optional);
}

const isForDevelopment = ({ dev, devOptional }) => Boolean(dev || devOptional);

/** Why an installation is necessary; undefined if it is not. */
function whatIsMissing(wanted, installed) {
  if (!installed) return 'nothing is installed yet';
  for (const [folder, entry] of Object.entries(wanted)) {
    if (folder === '' || (omitDev && isForDevelopment(entry))) continue;
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

/** Installed development packages are kept; otherwise `npm start` would remove what the next `npm test` installs again. */
const hasDevelopmentPackages = (wanted, installed = {}) =>
  Object.entries(wanted).some(([folder, entry]) => entry.dev && folder in installed);

/** Removes our node_modules/.bin from PATH; otherwise npm would run on the Node.js that it is about to replace. */
function install(withDev) {
  const PATH = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== join(root, 'node_modules', '.bin'));
  const env = { ...process.env, PATH: PATH.join(delimiter) };
  const args = ['ci', '--loglevel=error', withDev ? '--include=dev' : '--omit=dev'];
  const { status, error } = spawnSync('npm', args, { cwd: root, env, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) fail(`npm could not be started: ${error.message}`, EX_UNAVAILABLE);
  if (status !== 0) process.exit(status ?? 1);
  if (!isHostNodeNewEnough() && spawnSync(join(root, 'bin', 'runtime'), ['--version']).status !== 0) failForNode();
}

function failForNode() {
  const machine = `${process.platform}-${process.arch}`;
  const sentence = `Parley needs Node.js ${OLDEST_NODE} or newer, and this is ${process.version}. Install a newer one: the Node.js packages of Parley do not run on ${machine}.`;
  fail(sentence, EX_UNAVAILABLE);
}

const wanted = lockedIn('package-lock.json');
if (!wanted) fail('package-lock.json is missing or damaged. Restore it with `git checkout package-lock.json`.', EX_UNAVAILABLE);
if (!(nodePackage in wanted) && !isHostNodeNewEnough()) failForNode();
const installed = lockedIn('node_modules/.package-lock.json');
const missing = whatIsMissing(wanted, installed);
if (missing && process.argv.includes('--check')) fail(`Packages must be installed: ${missing}.`, 1);
if (missing) {
  console.log(`Installing Parley's packages (${missing}); this takes a few seconds …`);
  install(!omitDev || hasDevelopmentPackages(wanted, installed));
}
