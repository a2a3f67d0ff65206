import test from 'ava';
import { StoreUnavailable } from '../../lib/errors.ts';
import { inBatches } from '../../lib/store/mongo/batches.ts';

type Call = { readonly items: readonly number[]; end(results?: readonly string[]): void; fail(error: Error): void };

/** Work that the test completes, and a way to wait for its next call. */
function slowWork() {
  const calls: Call[] = [];
  let onCall: () => void = () => {};
  const work = (items: readonly number[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      calls.push({ items, end: (results = items.map((item) => `${item}!`)) => resolve(results), fail: reject });
      onCall();
    });
  const called = async (count: number): Promise<Call> => {
    while (calls.length < count)
      await new Promise<void>((resolve) => {
        onCall = resolve;
      });
    return calls[count - 1] as Call;
  };
  return { work, called, calls };
}

test('mongo batches: jobs of one turn share a batch, each with its own result', async (t) => {
  const { work, called } = slowWork();
  const give = inBatches(work, { together: 10, underWay: 1, timeoutMs: 60_000 });
  const results = Promise.all([1, 2, 3].map(give));
  const call = await called(1);
  t.deepEqual(call.items, [1, 2, 3]);
  call.end();
  t.deepEqual(await results, ['1!', '2!', '3!']);
});

test('mongo batches: at the maximum of concurrent batches, new jobs wait for the next one', async (t) => {
  const { work, called, calls } = slowWork();
  const give = inBatches(work, { together: 2, underWay: 2, timeoutMs: 60_000 });
  const first = give(1);
  await called(1);
  const second = give(2);
  await called(2);
  const rest = [3, 4, 5].map(give);
  (await called(2)).end();
  t.is(await second, '2!');
  t.deepEqual((await called(3)).items, [3, 4], 'no more than may go together');
  t.is(calls.length, 3);
  (await called(1)).end();
  t.is(await first, '1!');
  t.deepEqual((await called(4)).items, [5]);
  (await called(4)).end();
  (await called(3)).end();
  t.deepEqual(await Promise.all(rest), ['3!', '4!', '5!']);
});

test('mongo batches: a failed batch fails only its own jobs', async (t) => {
  const { work, called } = slowWork();
  const give = inBatches(work, { together: 10, underWay: 1, timeoutMs: 60_000 });
  const failing = Promise.allSettled([1, 2].map(give));
  const first = await called(1);
  const next = give(3);
  first.fail(new Error('away'));
  for (const one of await failing) t.is(one.status === 'rejected' && one.reason.message, 'away');
  const second = await called(2);
  t.deepEqual(second.items, [3]);
  second.end();
  t.is(await next, '3!');
  const again = give(4);
  (await called(3)).end();
  t.is(await again, '4!');
});

test('mongo batches: a job that has waited too long is not sent and fails as unavailable', async (t) => {
  const { work, called, calls } = slowWork();
  // A second and a half: a busy machine may stop this process for a while between the call and its end.
  const give = inBatches(work, { together: 1, underWay: 1, timeoutMs: 1500 });
  const rejections = await Promise.allSettled([1, 2].map(give));
  for (const one of rejections) t.true(one.status === 'rejected' && one.reason instanceof StoreUnavailable);
  const next = give(3);
  (await called(2)).end();
  t.is(await next, '3!');
  t.deepEqual(
    calls.map(({ items }) => items),
    [[1], [3]],
  );
});
