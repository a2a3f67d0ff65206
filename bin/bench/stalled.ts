import { startLoad, startParley } from './lab.ts';
import { residentKib } from './machine.ts';
import type { Report } from './report.ts';

const READERS = 300;
const TEXT = 'x'.repeat(4000);
/** Far more than the socket buffers and the limit of a stream hold together. */
const MESSAGES = 6000;

/** Memory of the server while readers of a busy group stop reading. */
export async function stalled(report: Report): Promise<void> {
  report.head(`${READERS} readers stop reading while ${MESSAGES.toLocaleString('en')} messages of 4 KB are posted`);
  const [load, readers] = [await startLoad(), await startLoad()];
  const parley = await startParley({ rooms: 1 });
  const plan = { target: parley.posts, paths: [parley.postPath(0)], body: parley.body(TEXT), connections: 16, audience: 0 };
  await load.ask({ do: 'post', plan: { ...plan, count: MESSAGES } }); // once without readers, so that memory reserved for posting is not counted
  const before = residentKib(parley.pid);
  await readers.ask({ do: 'open', target: parley.streams, paths: Array.from({ length: READERS }, () => parley.streamPath(0)) });
  await readers.ask({ do: 'stall' });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, residentKib(parley.pid) - before);
  }, 20);
  await load.ask({ do: 'post', plan: { ...plan, count: MESSAGES } });
  clearInterval(watch);
  report.row({ what: 'peak resident memory, increase', figure: most / 1024, unit: 'MiB', aim: 64, better: 'less' });
  await Promise.all([load.stop(), readers.stop()]);
  await parley.stop();
}
