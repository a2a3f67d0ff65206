import test from 'ava';
import { partsOf } from '../../lib/http/multipart-parts.ts';

const TYPE = 'multipart/form-data; boundary=XyZ';
const BODY = Buffer.from(
  [
    '--XyZ',
    'Content-Disposition: form-data; name="payload_json"; filename="a.json"',
    'Content-Type: application/json',
    '',
    '{"a":"é"}',
    '--XyZ',
    'Content-Disposition: form-data; name="x"',
    '',
    'one\r\ntwo',
    '--XyZ--',
    '',
  ].join('\r\n'),
);

test('multipart parts: a part with a file name is a file, any other is text', async (t) => {
  const parts = await partsOf(BODY, TYPE);
  t.deepEqual(
    parts.filter(({ name }) => name === 'x'),
    [{ name: 'x', text: 'one\r\ntwo' }],
  );
  t.deepEqual(
    parts.filter(({ name }) => name === 'payload_json'),
    [{ name: 'payload_json', file: 'a.json', content: Buffer.from('{"a":"é"}') }],
  );
  t.is(parts.length, 2);
});

test('multipart parts: a body that ends anywhere before its last boundary is malformed', async (t) => {
  const last = BODY.lastIndexOf('--XyZ--') + '--XyZ--'.length;
  for (let length = 0; length < last; length += 1)
    await t.throwsAsync(partsOf(BODY.subarray(0, length), TYPE), { code: 'malformed' }, `${length} bytes`);
  t.is((await partsOf(BODY.subarray(0, last), TYPE)).length, 2);
  for (const type of ['multipart/form-data', 'multipart/form-data; boundary=other'])
    await t.throwsAsync(partsOf(BODY, type), { code: 'malformed' }, type);
});
