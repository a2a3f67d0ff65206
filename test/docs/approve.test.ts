import { tmpdir } from 'node:os';
import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { openLobby } from '../helpers/fixtures.ts';
import { program } from '../helpers/programs.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { botFile, botFor, Running } from './bot-page.ts';

type Asked = {
  readonly body: string;
  readonly url: string;
  readonly actions: readonly { readonly locked?: boolean; readonly state: { readonly open: boolean } }[];
};

const newest = async (who: Client): Promise<Asked | undefined> =>
  (await who.get('/groups/lobby/messages?limit=1', 'application/json')).json<Asked[]>()[0];

const BOTS = [
  ['approve.py', ['python3'], 'python3'],
  ['approve.ts', [], process.execPath],
] as const;

for (const [file, needs, runtime] of BOTS)
  for (const [title, action, values, said, status] of [
    ['approved', 'approve', {}, /^Approved by Bob, `sh -c exit 3` ended with status 3$/, 3],
    ['rejected', 'reject', { why: 'too late' }, /^Rejected by Bob: too late$/, 1],
  ] as const)
    requireOrSkip(test, ...needs.map(program)).serial(
      `${file} asks, and a command that is ${title} ${status === 3 ? 'runs' : 'does not run'}`,
      async (t) => {
        const site = await openLobby(t);
        const { env } = await botFor(site, 'Approver');
        const running = new Running(t, [runtime, botFile(file), 'sh', '-c', 'exit 3'], { env, cwd: tmpdir() });
        await eventually(async () => ((await newest(site.ann))?.actions.length ?? 0) === 2);
        const asked = await newest(site.ann);
        t.is(asked?.body, 'Run `sh -c exit 3`?');
        t.is((await site.bob.json('POST', `${asked?.url}/actions/${action}`, { values })).status, 200);
        t.is((await site.ann.json('POST', `${asked?.url}/actions/approve`)).status, 409);
        t.is(await running.exited, status, running.said);
        const after = await newest(site.ann);
        t.regex(after?.body ?? '', said);
        t.deepEqual(
          after?.actions.map(({ locked, state }) => [locked, state.open]),
          [
            [true, false],
            [true, false],
          ],
        );
      },
    );
