import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SCHEMA } from './schema.ts';

export type Params = Record<string, SQLInputValue>;

/**
 * The runtime's own SQLite file, `<dataDir>/trigger.db`.
 *
 * - `locking_mode=EXCLUSIVE` keeps the operating system's lock on the file for as long as the process
 *   lives (also through `kill -9`), so a second runtime on the same folder is refused: two dispatchers
 *   would execute one run twice.
 * - `synchronous=FULL`: a commit is on the disk before the call returns, so an accepted run survives a
 *   power cut too. It costs about 0.2 ms a commit on an SSD, little beside the milliseconds of a run.
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  constructor(dataDir: string) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    this.#db = new DatabaseSync(join(dataDir, 'trigger.db'));
    try {
      this.#db.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
      this.#db.exec('begin exclusive; commit');
    } catch (error) {
      this.#db.close();
      if (error instanceof Error && error.message.includes('locked')) {
        throw new Error(`another runtime is using ${dataDir}`, { cause: error });
      }
      throw error;
    }
    this.#db.exec(SCHEMA);
  }

  get(sql: string, params: Params = {}): unknown {
    return this.#prepare(sql).get(params);
  }

  all(sql: string, params: Params = {}): unknown[] {
    return this.#prepare(sql).all(params);
  }

  /** Returns the number of changed rows. */
  run(sql: string, params: Params = {}): number {
    return Number(this.#prepare(sql).run(params).changes);
  }

  /** All or nothing. Nested calls join the outer transaction. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#db.exec('begin immediate');
    this.#depth += 1;
    try {
      const result = work();
      this.#db.exec('commit');
      return result;
    } catch (error) {
      this.#db.exec('rollback');
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
