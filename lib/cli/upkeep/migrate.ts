import { readConfig } from '../../config.ts';
import { openStore, readSchema } from '../../open-store.ts';
import type { PendingStep, SchemaState } from '../../store/migration.ts';
import { openCliLog } from '../cli-log.ts';
import type { Out } from '../out.ts';

const NAMES = { sqlite: 'SQLite', mongo: 'MongoDB' } as const;

/** Migrates the store that the settings name to the current schema; with `isCheck` only says what that would do and about how long it would take. */
export async function migrate(out: Out, isCheck: boolean): Promise<void> {
  const before = await readSchema(readConfig());
  if (isCheck || before.steps.length === 0) return print(out, before, textOf(before));
  const { seconds, after } = await migrateNow(out);
  const { length } = before.steps;
  const text = `${NAMES[before.store]}: took ${length} ${stepsOf(length)} to schema ${after.schema} in ${seconds} s.`;
  out.write({ ...after, taken: before.steps.map(({ number, what }) => ({ number, what })), seconds }, text);
}

function print(out: Out, state: SchemaState, text: string): void {
  out.write({ ...state, seconds: secondsOf(state) }, text);
}

/** Opening a store migrates it. */
async function migrateNow(out: Out): Promise<{ readonly seconds: number; readonly after: SchemaState }> {
  const config = readConfig();
  const startedAt = performance.now();
  const log = openCliLog(config, out.json);
  const showStep = (fields: object): void => {
    if (!out.json && 'what' in fields) process.stderr.write(`${String(fields.what)} …\n`);
  };
  const { store, release } = await openStore(config, {
    role: 'visitor',
    mustExist: true,
    logger: { ...log, info: showStep },
    onFault: () => {},
    isPatient: true,
  });
  await store.close();
  release();
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  return { seconds, after: await readSchema(config) };
}

const secondsOf = ({ steps }: SchemaState): number => Math.round(steps.reduce((sum, { seconds }) => sum + seconds, 0) * 10) / 10;

const stepsOf = (count: number): string => (count === 1 ? 'step' : 'steps');

function textOf(state: SchemaState): string {
  const { store, schema, newest, steps } = state;
  if (steps.length === 0) return `${NAMES[store]}, schema ${schema}: nothing to do.`;
  const first = `${NAMES[store]}, schema ${schema} of ${newest}: ${steps.length} ${stepsOf(steps.length)} to take, about ${secondsOf(state)} s.`;
  return [first, ...steps.map(lineOf)].join('\n');
}

function lineOf({ number, what, records, seconds }: PendingStep): string {
  const size = records === 0 ? '' : ` (${records} records, about ${seconds} s)`;
  return `  ${number}  ${what}${size}`;
}
