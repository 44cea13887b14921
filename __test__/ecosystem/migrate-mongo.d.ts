// Owns the types of migrate-mongo, which has none: what its README says of its API.

declare module 'migrate-mongo' {
  import type { Db, MongoClient } from 'mongodb';

  export interface Config {
    mongodb?: { url: string; databaseName?: string; options?: object };
    migrationsDir: string;
    changelogCollectionName: string;
    lockCollectionName?: string;
    /** In seconds; 0 stands for no lock. */
    lockTtl?: number;
    migrationFileExtension?: string;
    useFileHash?: boolean;
    moduleSystem: 'commonjs' | 'esm';
  }

  export interface Status {
    fileName: string;
    fileHash?: string;
    /** `PENDING`, or a date as in JSON. */
    appliedAt: string;
  }

  export const config: { set(config: Config): void };
  /** Writes a migration from a template; resolves to its file's name. */
  export function create(description: string): Promise<string>;
  /** Resolves to the names of the files that were applied. */
  export function up(db: Db, client: MongoClient): Promise<string[]>;
  /** Resolves to the names of the files that were undone. */
  export function down(db: Db, client: MongoClient): Promise<string[]>;
  export function status(db: Db): Promise<Status[]>;
}
