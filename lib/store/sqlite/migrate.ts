import { StoreUnavailable } from '../../errors.ts';
import { newerThanThis, type OnStep, type PendingStep, type SchemaState, secondsFor } from '../migration.ts';
import { type Connection, NEWEST_SCHEMA } from './connection.ts';
import { MIGRATIONS, type Step } from './schema.ts';

if (MIGRATIONS.length !== NEWEST_SCHEMA) throw new Error(`NEWEST_SCHEMA in connection.ts must be ${MIGRATIONS.length}.`);

/**
 * Migrates the file to the newest schema. Each step is one transaction, so that what ends in the middle continues with the step that was cut off;
 * a new file gets all steps in one. Several processes may do it at once.
 * Throws StoreUnavailable (`newer`) when a newer version of Parley has written the file.
 */
export function migrate(db: Connection, steps: readonly Step[] = MIGRATIONS, onStep: OnStep = () => {}): void {
  for (let version = versionOf(db, steps); version < steps.length; version = versionOf(db, steps)) {
    const [step] = steps.slice(version);
    if (version > 0 && step !== undefined) onStep({ number: version + 1, newest: steps.length, what: whatOf(step) });
    take(db, steps, version === 0 ? steps.length : version + 1);
  }
}

/** Takes the steps up to version `end`. */
function take(db: Connection, steps: readonly Step[], end: number): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(db, steps); // read again: another process may have been first
    for (const step of steps.slice(version, end)) typeof step === 'string' ? db.exec(step) : step.run(db);
    if (version < end) db.exec(`PRAGMA user_version = ${end}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction()) db.exec('ROLLBACK');
    throw error;
  }
}

/** What `migrate` would do. Reads the number of records, and changes nothing. Errors: as `migrate`. */
export function schemaOf(db: Connection, steps: readonly Step[] = MIGRATIONS): SchemaState {
  const schema = versionOf(db, steps);
  const pending = steps.slice(schema).map((step, index): PendingStep => {
    const records = tablesOf(step).reduce((sum, table) => sum + countOf(db, table), 0);
    return { number: schema + index + 1, what: whatOf(step), records, seconds: secondsFor(records, PER_SECOND) };
  });
  return { store: 'sqlite', schema, newest: steps.length, steps: pending };
}

function versionOf(db: Connection, steps: readonly Step[]): number {
  const version = db.one<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  if (version <= steps.length) return version;
  throw new StoreUnavailable(newerThanThis(version, steps.length), { fault: 'newer' });
}

/** Rows of `entries` that an index or an INSERT … SELECT goes through, on a slow disk. */
const PER_SECOND = 200_000;

const IS_TABLE = `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`;

/** 0 for a table that an earlier step of the same migration creates. */
function countOf(db: Connection, table: string): number {
  if (!/^\w+$/.test(table) || !db.one(IS_TABLE, table)) return 0;
  return db.one<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)?.count ?? 0;
}

const CHANGE = /(CREATE) (?:VIRTUAL )?(TABLE) (\w+)|(CREATE) (?:UNIQUE )?(INDEX) (\w+)|(ALTER) (TABLE) (\w+)|(DROP) (INDEX|TABLE) (\w+)/g;
const READ = /INDEX \w+ ON (\w+)|\bFROM (\w+)|UPDATE (?:OR IGNORE )?(\w+)/g;

const withoutComments = (sql: string): string => sql.replaceAll(/--.*/g, '');

/** In the words of SQL, each change once: `create table users, create index users_by_age`. */
function whatOf(step: Step): string {
  if (typeof step !== 'string') return step.what;
  const changes = [...withoutComments(step).matchAll(CHANGE)].map((found) => found.slice(1).filter(Boolean).join(' '));
  return [...new Set(changes.map((change) => change.replace(/^[A-Z]+ [A-Z]+/, (words) => words.toLowerCase())))].join(', ');
}

function tablesOf(step: Step): readonly string[] {
  if (typeof step !== 'string') return step.over;
  return [...withoutComments(step).matchAll(READ)].map((found) => found.slice(1).find(Boolean) ?? '');
}
