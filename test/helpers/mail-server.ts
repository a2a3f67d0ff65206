import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { TestServer } from './server.ts';

/** A mail as the server got it. `to`: of the envelope. `raw`: with its headers. */
export type ReceivedMail = { readonly to: string; readonly raw: string; readonly parsed: ParsedMail };

/** A real mail server on this machine. */
export type MailServer = {
  /** The settings of a site that sends by it. */
  readonly env: Record<string, string>;
  /** What it has got, oldest first. */
  readonly mails: ReceivedMail[];
  /** It refuses the next mails with this code and text. */
  refusal: { readonly code: number; readonly text: string } | undefined;
  close(): Promise<void>;
};

/** The origin in the links of mails. */
export const PUBLIC = 'http://chat.example.org';

export async function startMailServer(t: Pick<ExecutionContext, 'teardown'>): Promise<MailServer> {
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 10, // senders keep their connections
    onRcptTo(_address, _session, callback) {
      const { refusal } = server;
      callback(refusal ? Object.assign(new Error(refusal.text), { responseCode: refusal.code }) : null);
    },
    async onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const raw = Buffer.concat(chunks);
      const [to] = envelope.rcptTo;
      server.mails.push({ to: to?.address ?? '', raw: raw.toString(), parsed: await simpleParser(raw) });
      callback();
    },
  });
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  const { port } = smtp.server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const server: MailServer = {
    env: { SMTP_URL: `smtp://127.0.0.1:${port}`, PUBLIC_URL: PUBLIC, MAIL_FROM: 'Example Chat <chat@example.org>' },
    mails: [],
    refusal: undefined,
    close() {
      closed ??= new Promise((resolve) => smtp.close(() => resolve()));
      return closed;
    },
  };
  t.teardown(server.close);
  return server;
}

/** Waits until everything that is due has been sent or refused, and takes the mails that have come. */
export async function received({ server, core }: TestServer, mail: MailServer): Promise<ReceivedMail[]> {
  await core.securityLog.idle(); // notices are put into the queue in the background
  server.mailer.wake();
  await server.mailer.idle();
  return mail.mails.splice(0);
}

/** The path of the first link of this kind in a mail. */
export const linkIn = (mail: ReceivedMail | undefined, kind: string): string =>
  new RegExp(`${PUBLIC}(/${kind}/[\\w.~-]+)`).exec(mail?.parsed.text ?? '')?.[1] ?? '';
