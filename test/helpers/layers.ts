import { dirname, matchesGlob } from 'node:path/posix';
import type { Import } from './imports.ts';

/** Adapters of a port: only the composition knows which is in use. */
const ADAPTERS = ['lib/store/{sqlite,mongo}/**', 'lib/bus/*.ts'];
const PORTS = ['lib/**/port.ts', 'lib/**/*-port.ts'];
const COMPOSITION = 'lib/open-core.ts';

const matches = (file: string, patterns: readonly string[]): boolean => patterns.some((pattern) => matchesGlob(file, pattern));
const isAdapter = (file: string): boolean => matches(file, ADAPTERS) && !matches(file, PORTS);

/** The rule that an import within lib breaks, in words; undefined when it breaks none. */
export function brokenRule({ from, to }: Import): string | undefined {
  if (!isAdapter(to) || from === COMPOSITION || (isAdapter(from) && dirname(from) === dirname(to))) return undefined;
  return `only ${COMPOSITION} imports adapters, and no adapter imports another`;
}
