import { type Config, ConfigError, readConfig } from '../config.ts';
import type { Log } from '../logger.ts';
import { type OpenCore, openCore } from '../open-core.ts';
import { checkBus, checkFolder, checkPasswords, checkPresence, checkStore, type Finding } from './doctor-checks.ts';
import { checkServer, serverUrl } from './doctor-server.ts';
import type { Out } from './out.ts';

/** Adapters would tell of what the checks tell anyway. */
const NO_LOG: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Looks at everything a server needs, prints what it finds as it goes, and rejects when anything failed.
 * `isLive`: a server must be running, and a message is sent on its way through it.
 */
export async function doctor(out: Out, isLive: boolean): Promise<void> {
  let failed = 0;
  const report: Report = async (check, examine) => {
    const { detail, mend, ms } = await attempt(examine);
    if (mend !== undefined) failed += 1;
    const text = mend === undefined ? `ok    ${check}: ${detail}` : `FAIL  ${check}: ${detail}\n      ${mend}`;
    out.say({ check, ok: mend === undefined, detail, ...(ms === undefined ? {} : { ms }), ...(mend === undefined ? {} : { mend }) }, text);
    return mend === undefined;
  };

  const config = await settings(report);
  if (config) await examineAll(config, isLive, report);
  if (failed > 0) throw new Error(`${failed} of the checks failed.`);
}

async function attempt(examine: () => Promise<Finding> | Finding): Promise<Finding> {
  try {
    return await examine();
  } catch (error) {
    return {
      detail: error instanceof Error ? error.message : String(error),
      mend: 'This should not happen: it may be a mistake in Parley.',
    };
  }
}

/** Says what a check found; resolves to whether all is well. */
type Report = (check: string, examine: () => Promise<Finding> | Finding) => Promise<boolean>;

async function settings(report: Report): Promise<Config | undefined> {
  let config: Config | undefined;
  await report('settings', () => {
    try {
      config = readConfig();
      return { detail: `${config.mongodbUrl ? 'MongoDB' : 'SQLite'}, ${config.redisUrl ? 'Redis' : 'no Redis'}` };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const [, ...problems] = error.message.split('\n').map((line) => line.trim());
      return { detail: problems.join('; '), mend: 'Correct these environment variables.' };
    }
  });
  return config;
}

async function examineAll(config: Config, isLive: boolean, report: Report): Promise<void> {
  await report('data folder', () => checkFolder(config));
  let core: OpenCore | undefined;
  await report('store', async () => {
    const opened = await openCore(config, { role: 'visitor', log: NO_LOG }).catch((error: Error) => error);
    if (opened instanceof Error) return { detail: opened.message, mend: adviceOnStore(config) };
    core = opened;
    return checkStore(core);
  });
  const open = core;
  if (open) {
    await report('bus', () => checkBus(open));
    await report('presence', () => checkPresence(open));
  }
  await report('passwords', checkPasswords);
  const isServing = await report('server', () => checkServer(config, isLive));
  if (open && isLive && isServing) await goAlong(open, report);
  await open?.close();
}

/** Loaded only here: a check without it is to be quick. */
async function goAlong(core: OpenCore, report: Report): Promise<void> {
  const { probeLive } = await import('./doctor-live.ts');
  await probeLive(core, serverUrl(core.config), report);
}

const adviceOnStore = ({ mongodbUrl, dataDir }: Config): string =>
  mongodbUrl === undefined
    ? `Let the user that runs Parley read and write ${dataDir} and what is in it, or set DATA_DIR to another folder.`
    : 'Start MongoDB, or correct MONGODB_URL; with a password in it, that user needs readWrite on the database.';
