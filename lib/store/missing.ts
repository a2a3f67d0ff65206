/** There is no store at `place` (a folder, or 'MONGODB_URL'), and the caller asked that none be created. */
export class StoreMissing extends Error {
  constructor(place: string) {
    super(`There is no chat in ${place}: run 'parley serve' to start one, or set DATA_DIR or MONGODB_URL to where it is.`);
    this.name = 'StoreMissing';
  }
}
