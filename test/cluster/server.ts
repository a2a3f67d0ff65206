/** The real server with cheap password hashing, a short heartbeat, and leases of as many ms as its argument says: `node test/cluster/server.ts 2000`. */
import { readConfig } from '../../lib/config.ts';
import { serve } from '../../lib/server.ts';

const status = await serve(readConfig(), {
  print: (line) => void process.stdout.write(`${line}\n`),
  forTests: { bcryptCost: 4, heartbeatMs: 300, leaseMs: Number(process.argv[2] ?? 60_000) },
});
process.exit(status);
