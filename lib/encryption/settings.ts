/** The setting with the ids of the keys that the database is encrypted with. */
export const REGISTRY = 'encryption-keys';
/** The setting that says how far it is encrypted with the newest key. */
export const PROGRESS = 'encryption-progress';
