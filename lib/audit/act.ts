import type { GroupId, UserId } from '../ids.ts';
import type { SecurityVia } from '../security/event.ts';

/** Administrative acts, each with its title in lists. docs/operators.md says when each is recorded. */
export const AUDIT_ACTS = {
  account_created: 'Account created',
  admin_granted: 'Administrator role given',
  admin_revoked: 'Administrator role taken away',
  password_reset: 'Password reset',
  reset_link_created: 'Link for a new password created',
  sessions_ended: 'Logged out everywhere',
  account_banned: 'Account banned',
  account_deleted: 'Account deleted',
  account_disabled: 'Account disabled',
  account_enabled: 'Account enabled',
  invitation_code_renewed: 'Invitation code renewed',
  signup_changed: 'Sign-up changed',
  site_changed: 'Name or picture of the site changed',
  group_archived: 'Group archived',
  group_unarchived: 'Group unarchived',
  group_transferred: 'Group handed over',
  group_deleted: 'Group deleted',
  bot_deleted: 'Bot deleted',
  delivery_repeated: 'Delivery sent again',
  messages_searched: 'Messages of all groups searched',
  message_erased: 'Message erased',
  report_closed: 'Report closed',
  messages_erased: 'Messages erased',
  retention_changed: 'Retention of a group changed',
  hold_set: 'Legal hold set',
  hold_lifted: 'Legal hold lifted',
  audit_exported: 'Audit log exported',
  messages_exported: 'Messages exported',
  history_imported: 'History imported',
} as const satisfies Record<string, string>;

export type AuditAct = keyof typeof AUDIT_ACTS;

/** What an act changed. `name`: as it was then, since it may change or go. */
export type AuditSubject = {
  readonly kind: 'user' | 'group' | 'message' | 'file';
  readonly id: string;
  readonly name: string;
};

/** An administrative act, without who did it and from where, which the request knows. */
export type Audited = {
  readonly act: AuditAct;
  readonly subject?: AuditSubject | undefined;
  /** What else a reader needs to know, in words; cut to 500 characters. Never a secret, never the text of a message. */
  readonly detail?: string | undefined;
};

/** The fields of an `audit` entry, besides those of every entry. `author`: the account that did it, or `system` when none did. */
export type AuditRecord = Audited & {
  readonly kind: 'audit';
  /** The name of the author then; null when no account did it. */
  readonly by: string | null;
  readonly via: SecurityVia;
  /** The address of the client; null on the command line and for the server. */
  readonly address: string | null;
};

export const ofUser = ({ id, name }: { readonly id: UserId; readonly name: string }): AuditSubject => ({ kind: 'user', id, name });

export const ofGroup = ({ id, name }: { readonly id: GroupId; readonly name: string }): AuditSubject => ({ kind: 'group', id, name });
