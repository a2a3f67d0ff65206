import { closeSync, openSync, readFileSync } from 'node:fs';

const OUT_OF_HANDLES = new Set(['EMFILE', 'ENFILE']);

/** Whether an error of the file system says that the process or the machine has no free file handle. */
const isOfHandles = (error: unknown): boolean => error instanceof Error && 'code' in error && OUT_OF_HANDLES.has(String(error.code));

/** Whether this process cannot open a file now. Libraries report that as errors of many kinds: asking is surer than reading them. */
export function isOutOfHandles(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return false;
  } catch (error) {
    return isOfHandles(error);
  }
}

/** Whether an error that nobody expected is, or comes from, a lack of file handles. */
export const isFromLackOfHandles = (error: unknown): boolean => isOfHandles(error) || isOutOfHandles();

/** How many files and connections this process may have open (`ulimit -n`); undefined where the system does not say. */
export function openFileLimit(): number | undefined {
  try {
    const [, soft = ''] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === '' ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
