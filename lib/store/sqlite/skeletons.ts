import { skeletonOf } from '../../accounts/lookalikes.ts';
import type { Connection } from './connection.ts';

/** A step of the schema: how the names of users look. Of users that look alike the oldest has it, and the others none. */
export function addSkeletons(db: Connection): void {
  db.exec(`
    ALTER TABLE users ADD COLUMN skeleton TEXT;
    CREATE UNIQUE INDEX users_by_skeleton ON users (skeleton) WHERE skeleton IS NOT NULL;
  `);
  for (const { id, name } of db.all<{ id: string; name: string }>('SELECT id, name FROM users ORDER BY created_at, id'))
    db.run('UPDATE OR IGNORE users SET skeleton = ? WHERE id = ?', skeletonOf(name), id);
}
