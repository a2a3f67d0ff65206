import { isIP } from 'node:net';
import type { Message } from './mail-content.ts';

/** Sends mails by SMTP. `send` resolves when the server has taken the mail; `check` when it is ready to. */
export type Transport = { send(message: Message): Promise<void>; check(): Promise<void>; close(): void };

const [CONNECT_MS, SOCKET_MS] = [10_000, 30_000];
const MAX_CONNECTIONS = 2;

/**
 * The server of a URL: `smtps:` with TLS from the first byte; `smtp:` with STARTTLS, which is required unless the server is on this machine or the
 * URL says `?tls=optional`.
 */
export async function openTransport(url: string): Promise<Transport> {
  const { createTransport } = await import('nodemailer');
  const { protocol, hostname, port, username, password, searchParams } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = protocol === 'smtps:';
  const isHere = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  const transport = createTransport({
    ...{ pool: true, maxConnections: MAX_CONNECTIONS, host, port: Number(port) || (secure ? 465 : 587), secure },
    requireTLS: !secure && !isHere && searchParams.get('tls') !== 'optional',
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...{ connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: SOCKET_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  return {
    send: async (message) => void (await transport.sendMail(message)),
    check: async () => void (await transport.verify()),
    close: () => transport.close(),
  };
}

/** Codes of nodemailer: the server has refused the addresses, or the content. Others, such as a wrong password, are for the operator to mend. */
const OF_THE_MAIL: readonly unknown[] = ['EENVELOPE', 'EMESSAGE'];

/** Whether a mail that failed with this error can never be sent: the server refuses it with a 5xx (RFC 5321, section 4.2.1). */
export function isPermanent(error: unknown): boolean {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  return OF_THE_MAIL.includes(code) && typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600;
}

/** For the log: without addresses and texts, which the messages of servers often have. */
export function reasonOf(error: unknown): string {
  const { code, responseCode, command } = error as { code?: unknown; responseCode?: unknown; command?: unknown };
  return [code, responseCode, command].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ') || 'unknown';
}
