import type { SecurityEventName } from '../security/event.ts';
import { Histogram } from './histogram.ts';

/** From 0.25 ms (an append on a fast disk) past the 2 s timeout of an append. */
const APPEND_SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const BATCH_ENTRIES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The labels of a request. Clients cannot increase the number of their values. */
type RequestLabels = { readonly method: string; readonly route: string; readonly status: string };

/** Counters of this process since its start. Plain numbers, so counting has no measurable cost. Read by `familiesOf`. */
export class Meters {
  /** Open streams by format: a gauge; all others only increase. */
  readonly streams = { html: 0, json: 0, text: 0, frame: 0, sidebar: 0, changes: 0 };
  /** Entries sent live, multiplied by the streams they were sent to. */
  deliveries = 0;
  /** Bytes handed to the sockets of streams. */
  streamBytes = 0;
  /** Windows of a log that were read for streams that were behind. */
  windows = 0;
  /** Reads that found entries that the bus had not delivered. */
  gaps = 0;
  slowReaders = 0;
  resets = 0;
  /** Retried batches: a seq was taken (`conflict`), or the store did not answer (`unknown`). */
  readonly appendRetries = { conflict: 0, unknown: 0 };
  readonly appendBatch = new Histogram(BATCH_ENTRIES);
  /** Seconds from the request to append an entry until it is durable; without refused entries. */
  readonly appendSeconds = new Histogram(APPEND_SECONDS);
  /** Calls of bots' webhooks, by result. */
  readonly calls = { delivered: 0, failed: 0, refused: 0, gone: 0, dropped: 0, stopped: 0 };
  /** Push notifications, by result; `dropped`: the queue was full. */
  readonly pushes = { sent: 0, gone: 0, failed: 0, dropped: 0 };
  /** Mails, by result: sent, not sent this time, or dropped since nobody is to get them any more. */
  readonly mails = { sent: 0, failed: 0, dropped: 0 };
  /** Security events, by name. */
  readonly securityEvents: Record<SecurityEventName, number> = {
    login_failed: 0,
    login_throttled: 0,
    login_new_browser: 0,
    account_created: 0,
    admin_granted: 0,
    admin_revoked: 0,
    token_created: 0,
    token_revoked: 0,
    program_connected: 0,
    program_disconnected: 0,
    password_changed: 0,
    password_reset: 0,
    second_factor_added: 0,
    second_factor_removed: 0,
    recovery_codes_created: 0,
    recovery_code_used: 0,
    provider_connected: 0,
    provider_disconnected: 0,
    address_changed: 0,
    invitation_sent: 0,
    account_disabled: 0,
    account_enabled: 0,
    moderator_granted: 0,
    moderator_revoked: 0,
    member_removed: 0,
    webhook_secrets_changed: 0,
    invitation_code_renewed: 0,
    join_code_renewed: 0,
    sessions_ended: 0,
  };
  /** Connections closed by a limit: `total` MAX_CONNECTIONS, `address` MAX_CONNECTIONS_PER_ADDRESS. */
  readonly refusedConnections = { total: 0, address: 0 };
  /** Violations of the Content-Security-Policy that browsers reported, by directive. */
  readonly cspReports = {
    'script-src': 0,
    'script-src-elem': 0,
    'script-src-attr': 0,
    'style-src': 0,
    'style-src-elem': 0,
    'style-src-attr': 0,
    'img-src': 0,
    'media-src': 0,
    'connect-src': 0,
    'frame-src': 0,
    'frame-ancestors': 0,
    'form-action': 0,
    'base-uri': 0,
    other: 0,
  };
  busPublished = 0;
  busReceived = 0;
  /** Messages on Redis that were dropped, by reason (lib/bus/signing.ts). */
  readonly busRefused = { malformed: 0, forged: 0, stale: 0 };
  readonly requests = new Map<string, { readonly labels: RequestLabels; readonly seconds: Histogram }>();

  /** Counts an attempt to write a batch; `stopped`: why it ended before the last entry, if it did. */
  appended(entries: number, stopped: keyof Meters['appendRetries'] | undefined): void {
    this.appendBatch.observe(entries);
    if (stopped !== undefined) this.appendRetries[stopped] += 1;
  }

  called(result: keyof Meters['calls']): void {
    this.calls[result] += 1;
  }

  requested(labels: RequestLabels, seconds: number): void {
    const key = `${labels.method} ${labels.status} ${labels.route}`;
    const known = this.requests.get(key) ?? { labels, seconds: new Histogram(REQUEST_SECONDS) };
    this.requests.set(key, known);
    known.seconds.observe(seconds);
  }
}
