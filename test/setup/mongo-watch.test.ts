import test from 'ava';
import { watchMongo } from '../helpers/mongo-watch.ts';
import { mongoService, present, requireOrSkip } from '../helpers/services.ts';

const mongo = await mongoService({ own: true });
test.after.always(async () => {
  if ('stop' in mongo) await mongo.stop();
});

const QUICK = { everyMs: 500, hungAfterMs: 3_000 };

requireOrSkip(test, mongo)(
  'test runner: a MongoDB server that hangs is noticed, one that answers is not, and what hung can be started again',
  async (t) => {
    const service = present(mongo);
    let hangs = 0;
    await service.kill('SIGSTOP');
    const frozen = Promise.withResolvers<void>();
    const first = watchMongo(
      service,
      () => {
        hangs += 1;
        frozen.resolve();
      },
      QUICK,
    );
    await frozen.promise;
    first.stop();
    await service.restart();

    const answered = Promise.withResolvers<void>();
    const second = watchMongo(service, () => answered.reject(new Error('it answers')), {
      ...QUICK,
      hungAfterMs: 60_000,
      onWrite: () => answered.resolve(),
    });
    await answered.promise;
    second.stop();
    t.is(hangs, 1);
  },
);
