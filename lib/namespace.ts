/**
 * Where a command runs, as getters show it: a database and, mostly, a collection. The classes have
 * the driver's names and shape; nothing of polypool's own works is built on them.
 */

/** A database, or a collection in it. */
export class MongoDBNamespace {
  readonly collection: string | undefined;

  constructor(
    readonly db: string,
    collection?: string
  ) {
    this.collection = collection === '' ? undefined : collection;
  }

  toString(): string {
    return this.collection ? `${this.db}.${this.collection}` : this.db;
  }

  withCollection(collection: string): MongoDBCollectionNamespace {
    return new MongoDBCollectionNamespace(this.db, collection);
  }
}

/** A collection. */
export class MongoDBCollectionNamespace extends MongoDBNamespace {
  override readonly collection: string;

  constructor(db: string, collection: string) {
    super(db, collection);
    this.collection = collection;
  }
}
