import test from 'ava';
import { systemRandom } from '../../lib/ids.ts';
import { currentRequest, runOutsideRequest, runRequest } from '../../lib/request-scope.ts';
import { traceFrom, traceparent } from '../../lib/trace.ts';
import { linesOf } from '../helpers/log-lines.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const GOOD = `00-${TRACE}-${PARENT}-01`;

const TAKEN: [what: string, header: string, flags: string][] = [
  ['one that is recorded', GOOD, '01'],
  ['one that is not', `00-${TRACE}-${PARENT}-00`, '00'],
  ['flags that are not known yet', `00-${TRACE}-${PARENT}-ff`, '01'],
  ['a later version', `01-${TRACE}-${PARENT}-01`, '01'],
  ['a later version that says more', `cc-${TRACE}-${PARENT}-03-what-the-future-holds`, '01'],
];

for (const [what, header, flags] of TAKEN)
  test(`trace: continues from ${what}`, (t) => {
    const trace = traceFrom(header, systemRandom);
    t.like(trace, { trace: TRACE, parent: PARENT, flags });
    t.regex(trace.span, /^[0-9a-f]{16}$/);
    t.not(trace.span, PARENT);
    t.is(traceparent(trace), `00-${TRACE}-${trace.span}-${flags}`);
  });

const BROKEN: [what: string, header: string][] = [
  ['nothing', ''],
  ['upper case', GOOD.toUpperCase()],
  ['upper case in the trace alone', GOOD.replace('4bf9', '4BF9')],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
  ['a parent of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['the forbidden version', `ff-${TRACE}-${PARENT}-01`],
  ['version 00 with more behind it', `${GOOD}-extra`],
  ['a later version whose more is not set apart', `01-${TRACE}-${PARENT}-01extra`],
  ['a trace that is too short', `00-${TRACE.slice(1)}-${PARENT}-01`],
  ['a trace that is too long', `00-${TRACE}0-${PARENT}-01`],
  ['no flags', `00-${TRACE}-${PARENT}`],
  ['one digit of flags', `00-${TRACE}-${PARENT}-1`],
  ['a digit that is none', GOOD.replace('b7', 'bg')],
  ['space around it', ` ${GOOD}`],
  ['two headers in one', `${GOOD}, ${GOOD}`],
  ['a line break', `${GOOD}\n`],
];

for (const [what, header] of BROKEN)
  test(`trace: begins a new trace for ${what}`, (t) => {
    const [one, other] = [traceFrom(header, systemRandom), traceFrom(header, systemRandom)];
    t.regex(one.trace, /^[0-9a-f]{32}$/);
    t.regex(one.span, /^[0-9a-f]{16}$/);
    t.not(one.trace, TRACE);
    t.not(one.trace, other.trace);
    t.is(one.parent, undefined);
    t.is(traceparent(one), `00-${one.trace}-${one.span}-00`);
  });

test('trace: work done for a request has its trace; shared work has none', async (t) => {
  const trace = traceFrom(GOOD, systemRandom);
  t.is(currentRequest(), undefined);
  await runRequest(trace, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    t.is(currentRequest()?.trace, trace);
    t.is(
      runOutsideRequest(() => currentRequest()),
      undefined,
    );
    t.is(currentRequest()?.trace, trace);
  });
  t.is(currentRequest(), undefined);
});

test('trace: all log lines of a request have its trace, also nested ones; another request has another', (t) => {
  const lines = linesOf(
    'debug',
    `
    const ann = await site.signUp('Ann');
    site.core.store.memberships.advanceMark = () => Promise.reject(new Error('no mark'));
    await ann.form('/groups/lobby/messages', { body: 'x' }, { traceparent: '${GOOD}' });
    await ann.get('/groups/lobby', 'text/plain');
  `,
  );
  const requests = lines.filter(({ msg }) => msg === 'request');
  const posted = requests.find(({ path }) => path === '/groups/lobby/messages');
  t.like(posted, { trace: TRACE, parent: PARENT, method: 'POST', status: 303 });
  const deeper = lines.find(({ msg }) => msg === 'read mark not moved');
  t.like(deeper, { trace: TRACE, parent: PARENT, span: posted?.span });
  t.is(new Set(requests.map(({ span }) => span)).size, requests.length);
  t.is(requests.filter(({ trace }) => trace === TRACE).length, 1);
  for (const { trace, span } of requests) t.regex(`${trace} ${span}`, /^[0-9a-f]{32} [0-9a-f]{16}$/);
});

test('trace: an invalid traceparent is not logged', (t) => {
  const lines = linesOf('debug', `await site.client().get('/', '*/*', { traceparent: '00-SECRET' });`);
  t.true(lines.some(({ msg }) => msg === 'request'));
  t.false(JSON.stringify(lines).includes('SECRET'));
});
