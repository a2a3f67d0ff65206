import type { AuditLog, Core } from '../core.ts';
import { AUDIT_GROUP, newUid } from '../ids.ts';
import { currentRequest } from '../request-scope.ts';
import { SERVER, type SecurityVia } from '../security/event.ts';

const MAX_DETAIL = 500;

/** `via`: how acts outside a request are done. */
type Parts = Pick<Core, 'appender' | 'directory' | 'random'> & { readonly via: Extract<SecurityVia, 'cli' | 'server'> };

/** The audit log over the appender: a log as those of groups, so each record has the number after the one before it, and none is ever changed. */
export function openAuditLog({ appender, directory, random, via }: Parts): AuditLog {
  return {
    async record({ act, subject, detail }) {
      const request = currentRequest();
      const author = request?.actor?.user;
      const by = author === undefined ? undefined : (await directory.profiles([author])).get(author)?.name;
      await appender.append(AUDIT_GROUP, {
        ...{ kind: 'audit', author: author ?? SERVER, uid: newUid(random), act, by: by ?? null },
        ...{ via: request ? (request.actor?.via ?? 'browser') : via, address: request?.address ?? null },
        ...(subject === undefined ? {} : { subject }),
        ...(detail === undefined ? {} : { detail: detail.slice(0, MAX_DETAIL) }),
      });
    },
  };
}
