import type { GroupId, UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { SecurityVia } from '../security/event.ts';

/** Administrative acts, each with its title in lists. docs/operators.md says when each is recorded. */
export const AUDIT_ACTS = {
  account_created: () => t`Account created`,
  admin_granted: () => t`Administrator role given`,
  admin_revoked: () => t`Administrator role taken away`,
  password_reset: () => t`Password reset`,
  reset_link_created: () => t`Link for a new password created`,
  sessions_ended: () => t`Logged out everywhere`,
  account_banned: () => t`Account banned`,
  account_deleted: () => t`Account deleted`,
  account_disabled: () => t`Account disabled`,
  account_enabled: () => t`Account enabled`,
  invitation_code_renewed: () => t`Invitation code renewed`,
  signup_changed: () => t`Sign-up changed`,
  site_changed: () => t`Name or picture of the site changed`,
  group_archived: () => t`Group archived`,
  group_unarchived: () => t`Group unarchived`,
  group_transferred: () => t`Group handed over`,
  group_deleted: () => t`Group deleted`,
  bot_deleted: () => t`Bot deleted`,
  delivery_repeated: () => t`Delivery sent again`,
  messages_searched: () => t`Messages of all groups searched`,
  message_erased: () => t`Message erased`,
  report_closed: () => t`Report closed`,
  messages_erased: () => t`Messages erased`,
  retention_changed: () => t`Retention of a group changed`,
  hold_set: () => t`Legal hold set`,
  hold_lifted: () => t`Legal hold lifted`,
  oauth_client_added: () => t`Program added`,
  oauth_client_removed: () => t`Program removed`,
  audit_exported: () => t`Audit log exported`,
  messages_exported: () => t`Messages exported`,
  history_imported: () => t`History imported`,
} as const satisfies Record<string, () => string>;

export type AuditAct = keyof typeof AUDIT_ACTS;

/** What an act changed. `name`: as it was then, since it may change or go. */
export type AuditSubject = {
  readonly kind: 'user' | 'group' | 'message' | 'file' | 'client';
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
