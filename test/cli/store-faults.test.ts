import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import { freshSettings, Running } from './cli.ts';
import { filled, parleyOn, smallDisk, testWithMounts } from './store-disk.ts';

/** Faults of a database: how to cause each, and the expected message and advice. */
type Fault = {
  readonly title: string;
  readonly spoil?: (file: string) => Promise<void> | void;
  readonly mount?: string;
  readonly says: RegExp;
  readonly mend: RegExp;
};

const FAULTS: readonly Fault[] = [
  {
    title: 'a text file',
    spoil: (file) => writeFile(file, 'not a database\n'.repeat(1000)),
    says: /it is not a SQLite database \(SQLITE_NOTADB: file is not a database\)/,
    mend: /restore the right parley\.db/,
  },
  {
    title: 'a truncated file',
    spoil: (file) => truncate(file, 20_480),
    says: /parley\.db is truncated: it has 20480 of \d{6,} bytes \(SQLITE_CORRUPT: database disk image is malformed\)/,
    mend: /restore parley\.db .* the end of the file is missing/,
  },
  {
    title: 'a damaged file',
    async spoil(file) {
      const bytes = await readFile(file);
      await writeFile(file, bytes.fill(0xee, 100, 4096));
    },
    says: /it is damaged \(SQLITE_CORRUPT: database disk image is malformed\)/,
    mend: /\.recover/,
  },
  {
    title: 'a file of a newer version',
    spoil(file) {
      const db = new DatabaseSync(file);
      db.exec('PRAGMA user_version = 1000');
      db.close();
    },
    says: /written by a newer Parley \(schema 1000, /,
    mend: /Update Parley/,
  },
  {
    title: 'a full disk',
    mount: `${smallDisk(1)}; ${filled}`,
    says: /the disk is full \(SQLITE_(FULL|IOERR)/,
    mend: /Free space on the disk/,
  },
  {
    title: 'a folder without permission to write',
    mount: 'mount --bind "$DATA_DIR" "$DATA_DIR"; mount -o remount,bind,ro "$DATA_DIR"',
    says: /it cannot be (written|opened) \(SQLITE_(READONLY|CANTOPEN)/,
    mend: /Let the user that runs Parley read and write/,
  },
];

for (const { title, spoil, mount, says, mend } of FAULTS)
  (mount === undefined ? test : testWithMounts(test))(`the start, the log and doctor name the cause: ${title}`, async (t) => {
    const settings = { ...(await freshSettings(t)), PORT: '0' };
    const file = join(settings.DATA_DIR, 'parley.db');
    await (await openSqlite({ file })).close();
    await spoil?.(file);
    const run = (args: readonly string[]) => (mount === undefined ? new Running(settings, args) : parleyOn(settings, mount, args)).ended();

    const served = await run(['serve']);
    t.is(served.status, 1);
    t.regex(served.err, says);
    t.regex(served.out, says, 'in the log');

    const doctor = await run(['doctor', '--json']);
    t.is(doctor.status, 1);
    const found = doctor.rows().find(({ check }) => check === 'store');
    t.like(found, { ok: false }, doctor.out);
    t.regex(String(found?.detail), says);
    t.regex(String(found?.mend), mend);
    const left = (await readdir(settings.DATA_DIR)).filter((name) => !/^(parley\.db|server\.lock)/.test(name));
    t.deepEqual(left, []);
  });
