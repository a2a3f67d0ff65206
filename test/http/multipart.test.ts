import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { DomainError } from '../../lib/errors.ts';
import { type FormLimits, type Received, receiveForm } from '../../lib/http/multipart.ts';

type Seen = Received<string> & { readonly error: unknown };

/** A server that reads one form, and a request to it. */
async function reading(t: ExecutionContext, limits: FormLimits) {
  const seen = Promise.withResolvers<Seen>();
  const server = createServer((asked, answer) => {
    const into: Received<string> = { fields: {}, files: [] };
    const take = async (source: AsyncIterable<Uint8Array>, name: string): Promise<string> => {
      let bytes = 0;
      for await (const piece of source) bytes += piece.length;
      return `${name}: ${bytes}`;
    };
    receiveForm({ source: asked, type: asked.headers['content-type'] ?? '' }, limits, into, take).then(
      () => seen.resolve({ ...into, error: undefined }),
      (error) => seen.resolve({ ...into, error }),
    );
    asked.once('close', () => answer.destroy());
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, host: '127.0.0.1', method: 'POST', headers: { 'Content-Type': 'multipart/form-data; boundary=X' } });
  sent.on('error', () => {});
  return { sent, seen: seen.promise };
}

const file = (name: string, content: string): string =>
  `--X\r\nContent-Disposition: form-data; name="attachment"; filename="${name}"\r\n\r\n${content}\r\n`;
const field = (name: string, content: string): string => `--X\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
const codeOf = (error: unknown): string => (error instanceof DomainError ? `${error.code}: ${error.message}` : String(error));

test('multipart: files come in the order of the form, also when sent byte by byte', async (t) => {
  const { sent, seen } = await reading(t, { fileBytes: 1000 });
  const form = `${file('one', 'a'.repeat(700))}${field('body', 'grüß')}${file('tw%22o', '')}${file('', '')}${file('three', '\r\n--Y-')}--X--\r\n`;
  for (const byte of Buffer.from(form)) sent.write(Buffer.of(byte));
  sent.end();
  t.deepEqual(await seen, { fields: { body: 'grüß' }, files: ['one: 700', 'tw"o: 0', 'three: 6'], error: undefined });
});

test('multipart: a sender that stops times out, and the fields received so far are returned', async (t) => {
  const { sent, seen } = await reading(t, { fileBytes: 1000, idleMs: 50 });
  sent.write(field('body', 'typed') + file('one', 'x').slice(0, -4));
  const { fields, files, error } = await seen;
  t.deepEqual([fields, files], [{ body: 'typed' }, []]);
  t.regex(codeOf(error), /^malformed: Nothing came for/);
});

test('multipart: an endless body is cut off', async (t) => {
  const { sent, seen } = await reading(t, { fileBytes: 1000 });
  sent.write(file('one', 'x').slice(0, -3));
  const more = Buffer.alloc(64 * 1024, 'y');
  const feed = (): void => {
    if (!sent.destroyed) sent.write(more, feed);
  };
  feed();
  const { error } = await seen;
  sent.destroy();
  t.regex(codeOf(error), /^tooLarge: The files are too large: \d+ bytes at most all together/);
});

test('multipart: malformed names and headers', async (t) => {
  const { sent, seen } = await reading(t, { fileBytes: 1000 });
  const odd =
    '--X\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\npolluted\r\n--X\r\nContent-Disposition: attachment; name="body"\r\n\r\nno form-data\r\n--X\r\n\r\nno headers\r\n';
  sent.end(`${odd}${field('body', 'kept')}--X--\r\nepilogue`);
  const { fields, error } = await seen;
  t.is(error, undefined);
  t.is(fields.body, 'kept');
  t.is(({} as Record<string, unknown>).polluted, undefined);
  t.false(Object.hasOwn(Object.prototype, 'polluted'));
});
