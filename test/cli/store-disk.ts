import { spawnSync } from 'node:child_process';
import type { TestFn } from 'ava';
import { LAUNCHER, Running, type Settings } from './cli.ts';

/** Whether a process may mount a private file system (user namespaces of Linux). */
const hasMounts = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/** Registers tests that need a small or read-only disk; skips them where a process may not mount one. */
export const testWithMounts = (test: TestFn): TestFn | TestFn['skip'] => (hasMounts ? test : test.skip);

/** Runs `parley` after `mount` (a shell command) has prepared the data folder, for it alone. */
export function parleyOn(settings: Settings & { readonly DATA_DIR: string }, mount: string, args: readonly string[]): Running {
  const script = `set -e; cd "$DATA_DIR"; ${mount}; cd "$DATA_DIR"; exec "$0" "$@"`;
  return new Running(settings, ['-rm', 'sh', '-c', script, LAUNCHER, ...args], 'unshare');
}

/** A file system of `megabytes` with a copy of the database, in place of the data folder. */
export const smallDisk = (megabytes: number): string =>
  `cp parley.db "$DATA_DIR.copy"; mount -t tmpfs -o size=${megabytes}m,mode=700 tmpfs "$DATA_DIR"; mv "$DATA_DIR.copy" "$DATA_DIR/parley.db"; cd "$DATA_DIR"`;

/** Fills the rest of the file system. */
export const filled = '(dd if=/dev/zero of=filler bs=4096 2>/dev/null || true)';
