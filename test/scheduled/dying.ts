/** A process that sends what is due, by a clock that is so many ms ahead, and kills itself after so many posts, before it removes the record: `node test/scheduled/dying.ts 3660000 1`. */
import { openCore } from '../../lib/app.ts';
import { readConfig } from '../../lib/config.ts';
import { post } from '../../lib/messages/operations.ts';
import { ScheduledMessages } from '../../lib/scheduled/worker.ts';
import { PATIENT_MS } from '../helpers/server.ts';

const [ahead, posts] = [Number(process.argv[2]), Number(process.argv[3])];
const core = await openCore(readConfig(), { role: 'server', now: () => Date.now() + ahead, storeWaitMs: PATIENT_MS });
let count = 0;
const worker = new ScheduledMessages(core, {
  post: async (...input) => {
    const posted = await post(...input);
    count += 1;
    if (count === posts) process.kill(process.pid, 'SIGKILL');
    return posted;
  },
});
worker.wake();
await worker.idle();
process.exit(1); // there were not so many
