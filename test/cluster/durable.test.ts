import test from 'ava';
import { startServerFor } from '../helpers/server.ts';
import { freshDatabase, present, requireOrSkip } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';
import { type Command, tapped } from './tap.ts';

const mongo = await mongoForFile();
const testMongo = requireOrSkip(test, mongo);

const WRITES = ['insert', 'update', 'delete', 'findAndModify'];
const READS = ['find', 'aggregate'];
const isOneOf = (names: readonly string[]) => (command: Command) => names.some((name) => name in command);

testMongo('mongo: every write has majority and journal concern and is retryable; every read has majority concern', async (t) => {
  const { port, commands } = await tapped(t, present(mongo));
  const url = new URL(freshDatabase(present(mongo)));
  url.port = String(port);
  url.searchParams.set('directConnection', 'true'); // otherwise the driver would connect to the address that the server names
  const server = await startServerFor(t, { env: { MONGODB_URL: url.href } });
  const ann = await server.signUp('Ann');
  t.is((await ann.json('POST', '/groups/lobby/messages', { body: 'kept' })).status, 201);
  t.is((await ann.json('DELETE', '/groups/lobby/messages/2')).status, 200);
  await ann.form('/logout', {});

  const writes = commands.filter(isOneOf(WRITES));
  for (const name of ['insert', 'update'])
    t.true(
      writes.some((command) => name in command),
      name,
    );
  // The head is stored as a hint in one unordered batch; readers continue from it in the log itself.
  const isHint = ({ update, ordered }: Command): boolean => ['groups', 'heads'].includes(String(update)) && ordered === false;
  for (const command of writes.filter((each) => !isHint(each))) {
    const { w, j } = command.writeConcern as { w?: unknown; j?: unknown };
    t.deepEqual({ w, j }, { w: 'majority', j: true }, JSON.stringify(Object.keys(command)));
  }
  t.true(
    writes.filter(({ insert }) => insert === 'log').every((command) => 'lsid' in command && 'txnNumber' in command),
    'a number by which the server knows a retry',
  );
  const reads = commands.filter(isOneOf(READS));
  t.true(reads.length > 0);
  for (const command of reads) t.deepEqual(command.readConcern, { level: 'majority' });
});
