import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { openGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';

/** On whose behalf a call acts. `ref`: the hash of the token; `request`: the id of the request in the log. */
export type Caller = { readonly core: Core; readonly user: User; readonly ref: string; readonly request: string };

/** A group that the caller may read, by slug. Errors: `notFound`. */
export const groupOf = ({ core, user }: Caller, slug: string): Promise<GroupAccess> => openGroup(core, user, slug);
