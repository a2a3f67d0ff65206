import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Whether a file that is open can be made read-only: `chattr` on file systems that ask at each write, such as ext4. */
function hasImmutableFiles(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'parley-immutable-'));
  const file = join(dir, 'probe');
  const descriptor = openSync(file, 'w');
  try {
    execFileSync('chattr', ['+i', file], { stdio: 'ignore' });
    return !writes(descriptor);
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
    spawnSync('chattr', ['-i', file]);
    rmSync(dir, { recursive: true, force: true });
  }
}

function writes(descriptor: number): boolean {
  try {
    return writeSync(descriptor, 'x') === 1;
  } catch {
    return false;
  }
}

/** Registers tests that make files read-only under a running server; skips them where that is not possible. */
export const testWithImmutableFiles = (test: TestFn): TestFn | TestFn['skip'] => (hasImmutableFiles() ? test : test.skip);
