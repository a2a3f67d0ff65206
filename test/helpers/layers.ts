import { dirname } from 'node:path/posix';
import type { Import } from './imports.ts';

/** The folders of lib, lowest first: a folder imports values only from those before it. `.` is lib itself, `composition` what puts the parts together. */
const FOLDERS = [
  'language',
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
  'security',
  'audit',
  'mail',
  'accounts',
  'groups',
  'scheduled',
  'commands',
  'files',
  'people',
  'messages',
  'drafts',
  'search',
  'retention',
  'moderation',
  'encryption',
  'push',
  'digest',
  'webhooks',
  'bots',
  'compat',
  'live',
  'admin',
  'api',
  'mcp',
  'backup',
  'export',
  'own-data',
  'import',
  'store',
  'composition',
  'cli',
];
const COMPOSITION = /^lib\/(app|open-core|open-store|routes|server)\.ts$/;
/** Adapters of a port: only open-core.ts and open-store.ts import them. */
const ADAPTER = /^lib\/(store\/(sqlite|mongo)|bus)\/(?!.*port\.ts$)/;
const OPENS_ADAPTERS: readonly string[] = ['lib/open-core.ts', 'lib/open-store.ts'];

/** The rank of a file's folder; -1 when the folder is not listed. */
export const rankOf = (file: string): number => FOLDERS.indexOf(folderOf(file));

function folderOf(file: string): string {
  if (COMPOSITION.test(file)) return 'composition';
  const [, folder = '', ...rest] = file.split('/');
  return rest.length === 0 ? '.' : folder;
}

/** The rule that an import within lib violates; undefined when it is allowed. Types may be imported from any folder. */
export function brokenRule({ from, to, typeOnly }: Import): string | undefined {
  if (ADAPTER.test(to) && !mayUseAdapter(from, to))
    return `only ${OPENS_ADAPTERS.join(' and ')} import adapters, and no adapter imports another`;
  if (typeOnly || rankOf(to) <= rankOf(from)) return undefined;
  return `${folderOf(from)}/ may not import ${folderOf(to)}/: it is listed after it in test/helpers/layers.ts`;
}

const mayUseAdapter = (from: string, to: string): boolean =>
  OPENS_ADAPTERS.includes(from) || (ADAPTER.test(from) && adapterOf(from) === adapterOf(to));

/** Its folder, whatever the folder in it. */
const adapterOf = (file: string): string => (file.startsWith('lib/store/') ? file.split('/').slice(0, 3).join('/') : dirname(file));
