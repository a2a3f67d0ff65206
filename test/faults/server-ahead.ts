/** The real server with cheap password hashing and a clock that is so many ms ahead as its argument says: `node test/faults/server-ahead.ts 61000`. */
import { readConfig } from '../../lib/config.ts';
import { serve } from '../../lib/server.ts';

const ahead = Number(process.argv[2] ?? 0);
const status = await serve(readConfig(), {
  print: (line) => void process.stdout.write(`${line}\n`),
  forTests: { now: () => Date.now() + ahead, bcryptCost: 4, sweepMs: 200 },
});
process.exit(status);
