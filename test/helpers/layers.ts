import { dirname } from 'node:path/posix';
import type { Import } from './imports.ts';

/** The folders of lib, lowest first: a folder imports values only from those before it. `.` is lib itself, `composition` what puts the parts together. */
const FOLDERS = [
  '.',
  'cluster',
  'text',
  'markup',
  'log',
  'outbound',
  'bus',
  'http',
  'views',
  'metrics',
  'site',
  'accounts',
  'groups',
  'files',
  'messages',
  'search',
  'push',
  'webhooks',
  'bots',
  'compat',
  'live',
  'admin',
  'api',
  'store',
  'composition',
  'cli',
];
const COMPOSITION = /^lib\/(app|open-core|routes|server)\.ts$/;
/** Implementations of a port: only open-core.ts imports them. */
const ADAPTER = /^lib\/(store\/(sqlite|mongo)|bus)\/(?!.*port\.ts$)/;
const OPENS_ADAPTERS = 'lib/open-core.ts';

/** The place of a file's folder in the order; -1 when the folder is not listed. */
export const rankOf = (file: string): number => FOLDERS.indexOf(folderOf(file));

function folderOf(file: string): string {
  if (COMPOSITION.test(file)) return 'composition';
  const [, folder = '', ...rest] = file.split('/');
  return rest.length === 0 ? '.' : folder;
}

/** The rule that an import within lib breaks, in words; undefined when it breaks none. A type brings no code along and may come from anywhere. */
export function brokenRule({ from, to, typeOnly }: Import): string | undefined {
  if (ADAPTER.test(to) && !mayUseAdapter(from, to)) return `only ${OPENS_ADAPTERS} imports adapters, and no adapter imports another`;
  if (typeOnly || rankOf(to) <= rankOf(from)) return undefined;
  return `${folderOf(from)}/ may not import ${folderOf(to)}/: it is listed after it in test/helpers/layers.ts`;
}

const mayUseAdapter = (from: string, to: string): boolean =>
  from === OPENS_ADAPTERS || (ADAPTER.test(from) && dirname(from) === dirname(to));
