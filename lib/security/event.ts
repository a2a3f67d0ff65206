import { asUserId, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';

/** What is recorded, each with its title in lists. docs/operators.md says when each is recorded. */
export const SECURITY_EVENTS = {
  login_failed: () => t`Failed log-in`,
  login_throttled: () => t`Log-in refused after too many failures`,
  login_new_browser: () => t`Log-in from a new browser`,
  account_created: () => t`Account created`,
  admin_granted: () => t`Administrator role given`,
  admin_revoked: () => t`Administrator role taken away`,
  token_created: () => t`Token created`,
  token_revoked: () => t`Token revoked`,
  program_connected: () => t`Program connected`,
  program_disconnected: () => t`Program disconnected`,
  password_changed: () => t`Password changed`,
  password_reset: () => t`Password reset`,
  second_factor_added: () => t`Second factor set up`,
  second_factor_removed: () => t`Second factor removed`,
  recovery_codes_created: () => t`Recovery codes created`,
  recovery_code_used: () => t`Logged in with a recovery code`,
  provider_connected: () => t`Connected with the log-in of the organisation`,
  provider_disconnected: () => t`Disconnected from the log-in of the organisation`,
  address_changed: () => t`E-mail address changed`,
  invitation_sent: () => t`Invitation sent by e-mail`,
  account_disabled: () => t`Account disabled`,
  account_enabled: () => t`Account enabled`,
  moderator_granted: () => t`Moderator role given`,
  moderator_revoked: () => t`Moderator role taken away`,
  member_removed: () => t`Removed from a group`,
  webhook_secrets_changed: () => t`Webhook secrets changed`,
  invitation_code_renewed: () => t`Invitation code renewed`,
  join_code_renewed: () => t`Join code of a group renewed`,
  sessions_ended: () => t`Logged out`,
} as const satisfies Record<string, () => string>;

export type SecurityEventName = keyof typeof SECURITY_EVENTS;

/** What happened, without who did it and from where, which the request knows. */
export type SecurityEvent = {
  readonly event: SecurityEventName;
  /** The account that it concerns; absent: none, or one that does not exist. */
  readonly user?: UserId | undefined;
  /** Which token, group, browser …; cut to 200 characters. Never a secret. */
  readonly detail?: string | undefined;
  /** The account that did it; absent: the one that is logged in. */
  readonly by?: UserId | undefined;
};

/** How it was done: in a browser, by a program with a token, on the command line, or by the server itself. */
export type SecurityVia = 'browser' | 'token' | 'cli' | 'server';

/** One security event in the list of one account. */
export type SecurityRecord = {
  /** Unique; of events of one millisecond, the process that wrote them gives later ones greater ids. */
  readonly id: string;
  /** The account whose list it is in, or SERVER. */
  readonly owner: UserId;
  /** ms since the epoch. */
  readonly at: number;
  readonly event: SecurityEventName;
  /** The account that it concerns; null: none, such as for an invitation code. */
  readonly user: UserId | null;
  /** The account that did it; null: nobody who was logged in. */
  readonly by: UserId | null;
  readonly via: SecurityVia;
  /** The address of the client, with TRUST_PROXY the one that the proxy names; null on the command line and for the server. */
  readonly address: string | null;
  /** Which token, group, browser …; 200 characters at most, never a secret. */
  readonly detail: string | null;
};

/** The owner of the list of the whole server, which administrators read. No account has this id. */
export const SERVER: UserId = asUserId('system');

/** Failed log-ins are bounded by themselves, so that whoever causes very many does not displace other events. */
export const isFailure = ({ event }: Pick<SecurityRecord, 'event'>): boolean => event === 'login_failed';

/** How many events of one list are kept, newest first. */
export const KEPT_EVENTS = 150;
export const KEPT_FAILURES = 50;
export const KEPT_OF_SERVER = 1000;
/** How long events are kept, ms: 90 days. */
export const KEPT_MS = 90 * 86_400_000;

export const keptOf = (record: SecurityRecord): number =>
  record.owner === SERVER ? KEPT_OF_SERVER : isFailure(record) ? KEPT_FAILURES : KEPT_EVENTS;
