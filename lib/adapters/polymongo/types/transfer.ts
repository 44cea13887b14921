/**
 * Databases that are moved: how, what came of it, and the calls. It describes, and does nothing.
 */

/** What could not be copied. */
export interface CollectionFailure {
  collection: string;
  stage: 'export' | 'import' | 'index';
  message: string;
}

/** What was copied of a collection. */
export interface CollectionTransferSummary {
  collection: string;
  documents: number;
  indexes: number;
}

/** What was copied of a database. */
export interface PolyMongoActionSummary {
  database: string;
  collections: CollectionTransferSummary[];
  failures: CollectionFailure[];
}

/** Of an export. */
export interface PolyMongoExportSummary extends PolyMongoActionSummary {
  /** ISO 8601. */
  exportedAt: string;
  format: 'json';
}

/** Of an import. */
export interface PolyMongoImportSummary extends PolyMongoActionSummary {
  /** ISO 8601. */
  importedAt: string;
  insertedDocuments: number;
  createdIndexes: number;
}

/** Of a copy. */
export interface PolyMongoCopySummary {
  source: string;
  target: string;
  /** ISO 8601. */
  importedAt: string;
  collections: CollectionTransferSummary[];
  failures: CollectionFailure[];
  insertedDocuments: number;
  createdIndexes: number;
}

/** A database as an object. As JSON it is EJSON, so that no type is lost. */
export interface DatabaseExport {
  database: string;
  /** ISO 8601. */
  exportDate: string;
  collections: Record<
    string,
    {
      /** Those of `createCollection`; of an ordinary collection none. */
      options?: object;
      documents: object[];
      indexes: object[];
    }
  >;
}

/** How far a transfer is. */
export interface TransferProgress {
  database: string;
  collection: string;
  /** Of the collection, so far. */
  documents: number;
}

/** How a database is exported. */
export interface ExportOptions {
  /** Called after every batch. */
  onProgress?: (progress: TransferProgress) => void;
}

/** How a database is imported. */
export interface ImportOptions extends ExportOptions {
  /**
   * Documents that are inserted together at most; those that wait are inserted as soon as they are 16 MiB.
   * @defaultValue 1000
   */
  batchSize?: number;
  /**
   * Whether the first document or index that is refused ends it. Otherwise the rest of its collection is
   * left out, and the summary tells of it.
   * @defaultValue false
   */
  stopOnError?: boolean;
}

/** A line of an export, before it is JSON. */
export type PolyMongoStreamRecord =
  | {
      type: 'meta';
      format: 'polymongo.ndjson';
      version: 1;
      database: string;
      exportedAt: string;
    }
  | { type: 'collection'; collection: string; options?: object }
  | { type: 'index'; collection: string; index: Record<string, unknown> }
  | { type: 'document'; collection: string; document: Record<string, unknown> }
  | { type: 'collectionEnd'; collection: string };

/** What is done with whole databases. */
export interface PolyMongoActionsApi {
  copyDatabase: (
    sourceDB: string,
    targetDB: string,
    options?: ImportOptions
  ) => Promise<PolyMongoCopySummary>;
  dropDatabase: (dbName: string) => Promise<void>;
  exportDB: (dbName: string, options?: ExportOptions) => Promise<DatabaseExport>;
  importDB: (
    dbName: string,
    data: unknown,
    options?: ImportOptions
  ) => Promise<PolyMongoImportSummary>;
  exportDBStream: (dbName: string, options?: ExportOptions) => NodeJS.ReadableStream;
  importDBStream: (
    dbName: string,
    stream: NodeJS.ReadableStream,
    options?: ImportOptions
  ) => Promise<PolyMongoImportSummary>;
  closeAll: () => Promise<void>;
  forceCloseAll: () => Promise<void>;
  closeDBstream: (dbName: string) => void;
  closeAllWatches: () => void;
}

/** The same by the names of version 1.2. */
export interface PolyMongoBulkTasksApi {
  copyDatabase: PolyMongoActionsApi['copyDatabase'];
  dropDatabase: PolyMongoActionsApi['dropDatabase'];
  export: PolyMongoActionsApi['exportDB'];
  import: PolyMongoActionsApi['importDB'];
  exportStream: PolyMongoActionsApi['exportDBStream'];
  importStream: PolyMongoActionsApi['importDBStream'];
}
