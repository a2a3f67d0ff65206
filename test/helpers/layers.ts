import { dirname, matchesGlob } from 'node:path/posix';
import type { Import } from './imports.ts';

/** Where a file stands: imports point to the same rank or a lower one. Adapters stand beside the ranks, behind the ports. */
export type Layer = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 'adapter';

/** The first pattern that a path matches gives its layer. A new file that none matches is to be added here, by what it is. */
const LAYERS: readonly (readonly [Layer, ...string[]])[] = [
  // Routes first: they lie in the folders of everything else.
  [
    5,
    'lib/*/{routes,*-routes}.ts',
    'lib/live/door.ts',
    'lib/bots/{hooks,hook-*,campfire,campfire-*,delivery-pages,upsert}.ts',
    'lib/*/{pages,forms,*-forms,answers,uploads}.ts',
    'lib/api.ts',
    'lib/api/**',
  ],
  // Ports, and the type of what operations work on.
  [2, 'lib/{store,bus}/port.ts', 'lib/store/*-port.ts', 'lib/store/{recent,memory}.ts', 'lib/core.ts'],
  ['adapter', 'lib/store/{sqlite,mongo}/**', 'lib/bus/*.ts'],
  // Pure: rules and values, and what every rank may read.
  [1, 'lib/{errors,ids,events,config,secrets,log,trace,clock,dates,gather}.ts', 'lib/metrics/{meters,histogram}.ts'],
  [1, 'lib/text/**'],
  [1, 'lib/*/rules.ts', 'lib/files/file.ts', 'lib/accounts/account.ts', 'lib/groups/{group,qr,sidebar}.ts', 'lib/live/frame.ts'],
  [
    1,
    'lib/messages/{keys,entry,fold,mentions,markup,markup-*,markdown,markdown-*,model,model-text,palette,body,audience,links,quote}.ts',
    'lib/messages/search-{query,terms,match,text}.ts',
    'lib/bots/{bot,payload,signing,outgoing}.ts',
    'lib/bots/formats/**',
  ],
  // Operations and what carries them out.
  [1, 'lib/push/subscription.ts'],
  [3, 'lib/push/**'],
  [3, 'lib/files/**', 'lib/admin/listing.ts'],
  [3, 'lib/limits.ts', 'lib/accounts/{operations,password,throttle,directory,sessions,me}.ts'],
  [3, 'lib/groups/{operations,membership,roster,presenter,direct,codes,joining}.ts'],
  [3, 'lib/bots/{operations,delivery,delivery-*,guard,outgoing-*,reply,webhooks,webhook-*}.ts'],
  [
    3,
    'lib/messages/{operations,appender,writer,naming,presenter,presenter-text,history,scrub,search,search-index,search-changes,search-candidates,upsert,notified,pins,past,saved,read-mark,by-date,unread,with-files,system-line,line-folds}.ts',
  ],
  [4, 'lib/{http,views,live,metrics}/**'],
  [6, 'lib/{app,open-core}.ts'],
  [7, 'lib/server.ts', 'lib/cli/**', 'lib/{workers,handover}.ts'],
];

/** Lower first: a domain knows of itself and of those before it. */
const DOMAINS = ['accounts', 'groups', 'files', 'messages', 'bots', 'push'];
/** The log's vocabulary, which the ports and all domains speak. */
const SPOKEN_BY_ALL = ['lib/messages/entry.ts', 'lib/messages/body.ts'];
const COMPOSITION = 'lib/open-core.ts';

export function layerOf(file: string): Layer | undefined {
  return LAYERS.find(([, ...patterns]) => patterns.some((pattern) => matchesGlob(file, pattern)))?.[0];
}

/** The rule that an import within lib breaks, in words; undefined when it breaks none. */
export function brokenRule({ from, to, typeOnly }: Import): string | undefined {
  const [here, there] = [layerOf(from), layerOf(to)];
  if (here === undefined || there === undefined) return undefined; // told of once for each file
  if (there === 'adapter') return mayUseAdapter(from, to) ? undefined : `only ${COMPOSITION} knows of adapters, and no adapter of another`;
  if (here === 'adapter') return there <= 2 ? undefined : `an adapter sees ranks 1 and 2, not ${there}`;
  // A type of a port in a pure rule is a name for a value it is given; it brings no code along.
  if (there > here && !(typeOnly && there === 2)) return `rank ${here} may not import rank ${there}`;
  return domainRule(from, to);
}

function mayUseAdapter(from: string, to: string): boolean {
  return from === COMPOSITION || (layerOf(from) === 'adapter' && dirname(from) === dirname(to));
}

function domainRule(from: string, to: string): string | undefined {
  const [here, there] = [DOMAINS.indexOf(domainOf(from)), DOMAINS.indexOf(domainOf(to))];
  if (here === -1 || there <= here || SPOKEN_BY_ALL.includes(to)) return undefined;
  return `${DOMAINS[here]} may not know of ${DOMAINS[there]}: ${DOMAINS.join(' ← ')}`;
}

const domainOf = (file: string): string => file.split('/')[1] ?? '';
