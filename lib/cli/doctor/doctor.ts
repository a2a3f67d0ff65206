import { type Config, ConfigError, readConfig } from '../../config.ts';
import { configWarnings } from '../../config-warnings.ts';
import type { Logger } from '../../logger.ts';
import { type OpenCore, openCore } from '../../open-core.ts';
import type { Out } from '../out.ts';
import { checkBus, checkFolder, checkPasswords, checkPresence, checkStore, checkThumbnails, type Finding } from './checks.ts';
import { checkClock } from './clock.ts';
import { type DoctorFolder, openFolder } from './folder.ts';
import { checkServer, serverUrl } from './server.ts';
import { adviceOnStore } from './store-advice.ts';

/** No log: the checks report the same problems. */
const NO_LOG: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Checks everything that a server needs, prints each result, and rejects if a check failed.
 * `isLive`: a server must be running; a message is posted to it and followed to open streams.
 */
export async function doctor(out: Out, isLive: boolean): Promise<void> {
  let failed = 0;
  const report: Report = async (check, examine) => {
    const finding = await attempt(examine);
    const ok = finding.mend === undefined || finding.isWarning === true;
    if (!ok) failed += 1;
    const { detail, mend, ms } = finding;
    out.write({ check, ok, detail, ...(ms === undefined ? {} : { ms }), ...(mend === undefined ? {} : { mend }) }, lineOf(check, finding));
    return ok;
  };

  const config = await settings(report);
  if (config) await examineAll(config, isLive, report);
  if (failed > 0) throw new Error(`${failed} ${failed === 1 ? 'check' : 'checks'} failed.`);
}

function lineOf(check: string, { detail, mend, isWarning }: Finding): string {
  if (mend === undefined) return `ok    ${check}: ${detail}`;
  return `${isWarning ? 'warn' : 'FAIL'}  ${check}: ${detail}\n      ${mend}`;
}

async function attempt(examine: () => Promise<Finding> | Finding): Promise<Finding> {
  try {
    return await examine();
  } catch (error) {
    return {
      detail: error instanceof Error ? error.message : String(error),
      mend: 'This error is unexpected. It may be a bug in Parley.',
    };
  }
}

/** Runs a check and prints its result; resolves to whether it passed. */
type Report = (check: string, examine: () => Promise<Finding> | Finding) => Promise<boolean>;

async function settings(report: Report): Promise<Config | undefined> {
  let config: Config | undefined;
  await report('settings', () => {
    try {
      config = readConfig();
      const [warning] = configWarnings(config);
      return warning ? { ...warning, isWarning: true } : { detail: partsOf(config) };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { detail: problemsOf(error), mend: 'Correct these environment variables.' };
    }
  });
  return config;
}

const problemsOf = ({ message }: ConfigError): string =>
  message
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .join('; ');

const partsOf = ({ mongodbUrl, redisUrl }: Config): string => `${mongodbUrl ? 'MongoDB' : 'SQLite'}, ${redisUrl ? 'Redis' : 'no Redis'}`;

async function examineAll(config: Config, isLive: boolean, report: Report): Promise<void> {
  const folder = await openFolder(config);
  try {
    await report('data folder', () => checkFolder(config));
    await examineParts(config, folder, isLive, report);
  } finally {
    await folder.close();
  }
}

async function examineParts(config: Config, folder: DoctorFolder, isLive: boolean, report: Report): Promise<void> {
  let core: OpenCore | undefined;
  await report('store', async () => {
    const opened = await openCore({ ...config, dataDir: folder.storeDir }, { role: 'visitor', logger: NO_LOG }).catch(
      (error: Error) => error,
    );
    if (opened instanceof ConfigError)
      return { detail: problemsOf(opened), mend: 'Set ENCRYPTION_KEYS as for the server of this database.' };
    if (opened instanceof Error) return { detail: opened.message, mend: adviceOnStore(opened, config) };
    core = opened;
    const finding = await checkStore(core);
    return folder.isNew ? { ...finding, detail: `${finding.detail} (no database yet: the first start creates it)` } : finding;
  });
  const open = core;
  if (open) {
    await report('bus', () => checkBus(open));
    await report('presence', () => checkPresence(open));
    await report('clock', () => checkClock(open));
    await report('pictures', () => checkThumbnails(open));
  }
  await report('passwords', checkPasswords);
  if (config.smtpUrl !== undefined || config.oidcIssuer !== undefined) await checkOutside(config, report);
  const isServing = await report('server', () => checkServer(config, isLive));
  if (open && isLive && isServing) await checkLive(open, report);
  await open?.close();
}

/** The servers of others that people need for a log-in. */
async function checkOutside(config: Config, report: Report): Promise<void> {
  const { checkMail, checkProvider } = await import('./external-services.ts');
  if (config.smtpUrl !== undefined) await report('mail', () => checkMail(config));
  if (config.oidcIssuer !== undefined) await report('log-in', () => checkProvider(config));
}

/** Loads its module only when needed, so that the doctor starts fast without --live. */
async function checkLive(core: OpenCore, report: Report): Promise<void> {
  const { probeLive } = await import('./live.ts');
  await probeLive(core, core.config.publicUrl ?? serverUrl(core.config), report);
}
