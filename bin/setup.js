// Runs before `npm start`, `npm test` and others, on any Node.js from 18 on: installs the packages of package-lock.json unless exactly
// these are installed. Plain JavaScript without imports from packages, since it runs before there are any.
//   --omit=dev   without development packages; where some are installed already, they are kept and updated
//   --check      only print what is wrong; exit status 1 when an installation is due

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 24; // the first that runs TypeScript, and that our packages support
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

const hostNodeWillDo = () => Number.parseInt(process.versions.node, 10) >= OLDEST_NODE;

/** Whether an installation without this package is complete: optional ones are for other platforms, but there must be a Node.js for this one. */
function mayBeAbsent(folder, { optional }) {
  return folder === nodePackage ? hostNodeWillDo() : Boolean(optional);
}

const isForDevelopment = ({ dev, devOptional }) => Boolean(dev || devOptional);

/** Why an installation is due; undefined when all is there. */
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

/** Whoever has development packages keeps them: else `npm start` would remove what the next `npm test` installs again. */
const hasDevelopmentPackages = (wanted, installed = {}) =>
  Object.entries(wanted).some(([folder, entry]) => entry.dev && folder in installed);

/** Without our own node_modules/.bin on PATH: npm would run on the very Node.js that it is about to replace. */
function install(withDev) {
  const PATH = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== join(root, 'node_modules', '.bin'));
  const env = { ...process.env, PATH: PATH.join(delimiter) };
  const args = ['ci', '--loglevel=error', withDev ? '--include=dev' : '--omit=dev'];
  const { status, error } = spawnSync('npm', args, { cwd: root, env, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) fail(`npm could not be started: ${error.message}`, EX_UNAVAILABLE);
  if (status !== 0) process.exit(status ?? 1);
  if (!hostNodeWillDo() && spawnSync(join(root, 'bin', 'runtime'), ['--version']).status !== 0) failForNode();
}

function failForNode() {
  const machine = `${process.platform}-${process.arch}`;
  const sentence = `Parley needs Node.js ${OLDEST_NODE} or newer, and this is ${process.version}: install one, since none that comes with Parley runs on this ${machine} machine.`;
  fail(sentence, EX_UNAVAILABLE);
}

const wanted = lockedIn('package-lock.json');
if (!wanted) fail('package-lock.json is missing or damaged: get it back with `git checkout package-lock.json`.', EX_UNAVAILABLE);
if (!(nodePackage in wanted) && !hostNodeWillDo()) failForNode();
const installed = lockedIn('node_modules/.package-lock.json');
const missing = whatIsMissing(wanted, installed);
if (missing && process.argv.includes('--check')) fail(`Packages have to be installed: ${missing}.`, 1);
if (missing) {
  console.log(`Installing Parley's packages (${missing}); this takes a few seconds …`);
  install(!omitDev || hasDevelopmentPackages(wanted, installed));
}
