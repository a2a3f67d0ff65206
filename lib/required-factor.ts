import type { User } from './accounts/port.ts';
import type { Config } from './config.ts';

/** Whether the sessions of this person must have begun with a second factor. */
export const needsSecondFactor = ({ requireSecondFactor }: Pick<Config, 'requireSecondFactor'>, { admin }: Pick<User, 'admin'>): boolean =>
  requireSecondFactor === 'all' || (requireSecondFactor === 'admins' && admin);
