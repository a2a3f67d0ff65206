import { randomUUID } from 'node:crypto';
import test from 'ava';
import { at, person, startProcess, stream } from '../cluster/pair.ts';
import { PushService } from '../helpers/push-service.ts';
import { sharedServices } from '../helpers/shared-services.ts';

const { freshEnv, shared } = await sharedServices(test);

shared('push: with two processes each message is pushed once; members with the group open at either process get none', async (t) => {
  const env = { ...freshEnv(), ALLOW_OUTGOING: '127.0.0.1' };
  const [first, second] = [await startProcess(t, env), await startProcess(t, env)];
  const service = await PushService.open(t);
  const ann = await person(first.url, 'Ann');
  const bob = await person(first.url, 'Bob');
  const carol = await person(first.url, 'Carol');
  const clients = [ann, at(second, ann)];
  const device = service.device();
  t.is((await at(second, bob).json('POST', '/settings/push', device.subscription)).status, 201);
  const postText = async (body: string, index: number): Promise<void> => {
    const key = { 'Idempotency-Key': randomUUID() };
    let status: number | undefined = 503; // the store may take longer than a process waits for it
    for (let tries = 0; status === 503 && tries < 15; tries += 1)
      status = (await clients[index]?.json('POST', '/groups/lobby/messages', { body }, key))?.status;
    t.true(status === 201 || status === 200, String(status));
  };
  const said = Array.from({ length: 20 }, (_, index) => `@Bob ${index}`);
  // Another process may need 1 s to see the new device.
  for (let index = 0; device.got.length === 0; index += 1) await postText(`@Bob first ${index}`, 0);
  const bodies = (): string[] => device.bodies.filter((body) => !body.includes('first'));
  await Promise.all(said.map((body, index) => postText(body, index % 2)));
  await service.until(() => bodies().length >= said.length);
  t.deepEqual(bodies().sort(), [...said].sort());

  const page = await stream(t, at(second, bob));
  await page.until((events) => events.some(({ data }) => data.includes('data-present')));
  await postText('@Bob sees it', 0);
  const hers = service.device();
  t.is((await carol.json('POST', '/settings/push', hers.subscription)).status, 201);
  for (let index = 0; hers.got.length === 0; index += 1) await postText(`@Carol, did he? ${index}`, 0); // one process pushes in order: after Ann's push, Bob was skipped
  page.close();
  for (let index = 0; !device.bodies.some((body) => body.startsWith('@Bob is away')); index += 1)
    await postText(`@Bob is away ${index}`, 1);
  t.false(device.bodies.includes('@Bob sees it'));
  t.is(new Set(device.bodies).size, device.bodies.length, 'none twice');
});
