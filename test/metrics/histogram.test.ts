import test from 'ava';
import fc from 'fast-check';
import { Histogram } from '../../lib/metrics/histogram.ts';

test('histogram: a value counts in the first bucket whose bound is not below it, and in all later ones', (t) => {
  const histogram = new Histogram([1, 2, 4]);
  for (const value of [0, 1, 1.5, 2, 5]) histogram.observe(value);
  t.deepEqual(histogram.cumulative(), [2, 4, 4, 5]);
  t.is(histogram.sum, 9.5);
});

test('histogram: equals a naive count', (t) => {
  const bounds = [0.001, 0.01, 0.1, 1];
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 2, noNaN: true })), (values) => {
      const histogram = new Histogram(bounds);
      for (const value of values) histogram.observe(value);
      t.deepEqual(histogram.cumulative(), [...bounds.map((bound) => values.filter((value) => value <= bound).length), values.length]);
    }),
  );
});
