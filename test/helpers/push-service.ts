import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { Notice } from '../../lib/push/rules.ts';
import type { Subscription } from '../../lib/push/subscription.ts';

/** A message that a push service got for a device, decrypted with its keys. `claims`: of the sender's VAPID token. */
type Pushed = {
  readonly device: PushDevice;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly notice: Notice;
  readonly claims: Readonly<Record<string, unknown>>;
};

/** The response of a push service: a status, or none. */
type PushAnswer = number | 'silence';

/** The subscription of a browser. */
export class PushDevice {
  readonly subscription: Subscription;
  readonly got: Pushed[] = [];
  answer: PushAnswer = 201;
  readonly #pair: ECDH;
  readonly #auth: Buffer;

  constructor(endpoint: string) {
    this.#pair = createECDH('prime256v1');
    const p256dh = this.#pair.generateKeys('base64url');
    this.#auth = randomBytes(16);
    this.subscription = { endpoint, keys: { p256dh, auth: this.#auth.toString('base64url') } };
  }

  get bodies(): string[] {
    return this.got.map(({ notice }) => notice.body);
  }

  /** RFC 8291, section 3.4, over RFC 8188, section 2: one record. */
  open(sealed: Buffer): string {
    const [salt, size, keyLength] = [sealed.subarray(0, 16), sealed.readUInt32BE(16), sealed.readUInt8(20)];
    const theirs = sealed.subarray(21, 21 + keyLength);
    const record = sealed.subarray(21 + keyLength);
    if (record.length > size) throw new Error('more than one record');
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.#pair.getPublicKey(), theirs]);
    const secret = hkdfSync('sha256', this.#pair.computeSecret(theirs), this.#auth, info, 32);
    const derive = (what: string, bytes: number): Buffer =>
      Buffer.from(hkdfSync('sha256', Buffer.from(secret), salt, `Content-Encoding: ${what}\0`, bytes));
    const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
    decipher.setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    const end = padded.lastIndexOf(2);
    if (end === -1 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('no delimiter of a last record');
    return padded.subarray(0, end).toString('utf8');
  }
}

/** A push service (RFC 8030) on a free port of 127.0.0.1; refuses requests without a valid VAPID key (RFC 8292). */
export class PushService {
  readonly url: string;
  readonly devices = new Map<string, PushDevice>();
  /** All requests, also refused ones. */
  asked = 0;
  #waiting: (() => void)[] = [];

  private constructor(server: Server) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#take(request, response));
  }

  static async open(t: Pick<ExecutionContext, 'teardown'>): Promise<PushService> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => {
      server.close();
      server.closeAllConnections();
    });
    return new PushService(server);
  }

  /** Subscribes a browser. */
  device(): PushDevice {
    const path = `/push/${randomBytes(12).toString('base64url')}`;
    const device = new PushDevice(`${this.url}${path}`);
    this.devices.set(path, device);
    return device;
  }

  /** Resolves once the condition holds, checked after each request. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = this.#receive(request, Buffer.concat(chunks));
    if (answer !== 'silence') response.writeHead(answer).end();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #receive(request: IncomingMessage, body: Buffer): PushAnswer {
    const device = this.devices.get(request.url ?? '');
    if (!device || request.method !== 'POST') return 404;
    const claims = claimsIn(request.headers.authorization ?? '');
    if (claims?.aud !== this.url) return 403;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    device.got.push({ device, headers, bytes: body.length, notice: JSON.parse(device.open(body)), claims });
    return device.answer;
  }
}

/** The claims of a VAPID token (RFC 8292, section 3) and its `key`; undefined for an invalid signature. */
function claimsIn(authorization: string): Record<string, unknown> | undefined {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(authorization) ?? [];
  const [head = '', body = '', signature = ''] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  if (point.length !== 65) return undefined;
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  return isSigned ? { ...JSON.parse(Buffer.from(body, 'base64url').toString()), key } : undefined;
}
