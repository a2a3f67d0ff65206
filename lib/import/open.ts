import { open as openFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Archive, damaged, readStart } from './archive/archive.ts';
import { openFolder, openSingle } from './archive/folder.ts';
import type { FormatName, Source } from './source.ts';

export type OpenOptions = {
  /** The program; by default it is found out. */
  readonly from?: FormatName;
  /** Distinguishes several workspaces of one program. */
  readonly name?: string;
  /** The zone of times without one (IRC logs). */
  readonly timeZone: string;
};

export type OpenSource = { readonly source: Source; close(): Promise<void> };

/** An archive, and the file or folder on the disk that it comes from. */
type Place = { readonly archive: Archive; readonly path: string; readonly isFolder: boolean };

const START = 64 * 1024;
const SQLITE = 'SQLite format 3\0';

/** Opens an export: a folder, a zip file, a tar file or a single file. Errors: `invalid` (source): it is not understood; those of the disk. */
export async function openSource(path: string, options: OpenOptions): Promise<OpenSource> {
  const place = await openPlace(path);
  try {
    const source = await sourceIn(place, options);
    if (!source)
      throw damaged(`${path} is not an export that is understood${options.from ? ` as ${options.from}` : ''} (see docs/import.md).`);
    return { source, close: () => place.archive.close() };
  } catch (error) {
    await place.archive.close();
    throw error;
  }
}

async function openPlace(path: string): Promise<Place> {
  if ((await stat(path)).isDirectory()) return { archive: await openFolder(path), path, isFolder: true };
  const start = await startOf(path);
  const isGzip = start.readUInt16BE(0) === 0x1f8b;
  return { archive: await openArchive(path, start, isGzip), path, isFolder: false };
}

async function openArchive(path: string, start: Buffer, isGzip: boolean): Promise<Archive> {
  if (start.subarray(0, 4).equals(Buffer.from('PK\x03\x04')) || start.subarray(0, 4).equals(Buffer.from('PK\x05\x06')))
    return (await import('./archive/zip.ts')).openZip(path);
  if (isGzip || start.subarray(257, 262).toString('latin1') === 'ustar') return (await import('./archive/tar.ts')).openTar(path, isGzip);
  if (!start.toString('latin1').startsWith(SQLITE)) return openSingle(path, basename(path));
  const parent = dirname(path);
  for (const folder of [join(parent, 'files'), join(parent, '../files')])
    if (await isFolder(folder)) return openFolder(folder, { prefix: 'files/' });
  return openSingle(path, basename(path));
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** The first bytes of a file, filled up with zeros. */
async function startOf(path: string): Promise<Buffer> {
  const file = await openFile(path);
  try {
    const start = Buffer.alloc(512);
    await file.read(start, 0, 512, 0);
    return start;
  } finally {
    await file.close();
  }
}

type Attempt = (place: Place, origin: string, options: OpenOptions) => Promise<Source | undefined>;

const ATTEMPTS: Readonly<Record<FormatName, Attempt>> = {
  async parley({ archive }) {
    const { isHeading, openParley, recordsIn } = await import('./formats/parley.ts');
    const records = recordsIn(archive);
    return records !== undefined && isHeading(await firstLine(archive, records)) ? openParley(archive, records) : undefined;
  },
  async slack({ archive }, origin) {
    const { openSlack, slackBase } = await import('./formats/slack.ts');
    const base = slackBase(archive);
    return base === undefined ? undefined : openSlack(archive, base, origin);
  },
  async mattermost({ archive }, origin) {
    const { isVersion, mattermostRecords, openMattermost } = await import('./formats/mattermost.ts');
    const records = mattermostRecords(archive);
    return records !== undefined && isVersion(await firstLine(archive, records)) ? openMattermost(archive, records, origin) : undefined;
  },
  async zulip({ archive }, origin) {
    const { openZulip, zulipBase } = await import('./formats/zulip.ts');
    const base = zulipBase(archive);
    return base === undefined ? undefined : openZulip(archive, base, origin);
  },
  async rocketchat({ archive }, origin) {
    const { isRocketDump, openRocketDump } = await import('./formats/rocketchat.ts');
    if (isRocketDump(archive)) return openRocketDump(archive, origin);
    const { isRocketLine, openRocketRoom } = await import('./formats/rocketchat-room.ts');
    for (const path of endingWith(archive, '.json'))
      if (isRocketLine(await firstLine(archive, path))) return openRocketRoom(archive, path, origin);
    return undefined;
  },
  async discord({ archive }, origin) {
    const { isDiscord, openDiscord } = await import('./formats/discord.ts');
    const paths = await those(archive, endingWith(archive, '.json'), isDiscord);
    return paths.length > 0 ? openDiscord(archive, paths, origin) : undefined;
  },
  async campfire({ archive, path, isFolder: isWhole }, origin) {
    const { openCampfire } = await import('./formats/campfire.ts');
    if (!isWhole) return (await startOf(path)).toString('latin1').startsWith(SQLITE) ? openCampfire(archive, path, '', origin) : undefined;
    const [found] = await those(archive, endingWith(archive, '.sqlite3', '.sqlite', '.db'), (start) => start.startsWith(SQLITE));
    return found === undefined ? undefined : openCampfire(archive, join(path, found), found, origin);
  },
  async irc({ archive }, origin, options) {
    const { isIrcLog, openIrc } = await import('./formats/irc.ts');
    const paths = await those(archive, endingWith(archive, '.log', '.weechatlog', '.txt'), isIrcLog);
    return paths.length > 0 ? openIrc(archive, paths, origin, options) : undefined;
  },
};

const ORDER: readonly FormatName[] = ['parley', 'campfire', 'zulip', 'slack', 'mattermost', 'rocketchat', 'discord', 'irc'];

async function sourceIn(place: Place, options: OpenOptions): Promise<Source | undefined> {
  for (const format of options.from ? [options.from] : ORDER) {
    const source = await ATTEMPTS[format](place, `${format}:${options.name ?? ''}`, options);
    if (source) return source;
  }
  return undefined;
}

const endingWith = ({ files }: Archive, ...endings: readonly string[]): string[] =>
  [...files.keys()].filter((path) => endings.some((ending) => path.toLowerCase().endsWith(ending)));

async function those(archive: Archive, paths: readonly string[], isIt: (start: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) if (isIt((await readStart(archive, path, START)).toString('utf8'))) found.push(path);
  return found;
}

const firstLine = async (archive: Archive, path: string): Promise<string> =>
  (await readStart(archive, path, START)).toString('utf8').split('\n')[0] ?? '';
