/**
 * Tenants: names of databases, whose turn it is, and what adapters keep for each. A tenant costs nothing
 * while nobody refers to it: all but the latest are held weakly. It knows no models and no operations.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { validateDatabaseName } from './database-name';
import { polypoolErrors } from './error';

/** The tenants that are kept though nobody refers to them: those used last. */
const KEPT = 64;

/** A tenant, as `pool.tenants()` shows it. */
export interface TenantInfo {
  /** Also of its database. */
  name: string;
  lastUsedAt: Date;
}

/** The collection and the indexes of a tenant's model were made when it was first used, or were not. */
export interface TenantIndexesEvent {
  /** Also of its database. */
  readonly tenant: string;
  /** The model's name. */
  readonly model: string;
  readonly collection: string;
  readonly durationMS: number;
  /** Why not. They are made when a view of the model is next needed. */
  readonly error?: Error;
}

/** One tenant in use. */
export class Tenant {
  /** Also of its database. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  lastUsedAt = 0;
  /** What adapters have made for it, by what it was made of. */
  readonly parts = new Map<object, unknown>();

  constructor(name: string) {
    this.name = name;
  }
}

/** Which database is meant, for users who name databases rather than tenants. */
export interface Residence {
  /** That of code outside of a context. */
  readonly home: string;
  /** By what a user said, which may be nothing. */
  resolve(name: string | undefined): string;
  /** A database, by a name that it may have, is being used. */
  used(name: string): void;
  /** Something is about to be done. */
  enter(): void;
}

/** The tenants of one pool. */
export class Tenants {
  /** An operation outside of a context is an error. */
  readonly required: boolean;
  readonly #context = new AsyncLocalStorage<Tenant>();
  readonly #known = new Map<string, WeakRef<Tenant>>();
  /** Those used last, the very last at the end. */
  readonly #recent = new Map<string, Tenant>();
  /** The very last. */
  #latest: Tenant | undefined;
  /** Who keeps something of databases for longer than tenants are. */
  readonly #rememberers: Array<(name: string, tenant: Tenant | undefined) => void> = [];
  #residence: Residence | undefined;
  /** Of the residence. */
  #home: Tenant | undefined;
  readonly #collected = new FinalizationRegistry<string>(name => {
    if (this.#known.get(name)?.deref() === undefined) this.#known.delete(name);
  });

  constructor(required: boolean) {
    this.required = required;
  }

  /**
   * A tenant by its name, which is being used.
   * @throws MongoInvalidArgumentError for what is no name of a database, or one of the server's own
   */
  get(given?: string): Tenant {
    if (this.#residence === undefined) return this.#get(given!);
    const tenant = this.#get(this.#residence.resolve(given));
    this.#residence.used(tenant.name);
    return tenant;
  }

  #get(name: string): Tenant {
    const latest = this.#latest;
    if (latest !== undefined && latest.name === name) {
      latest.lastUsedAt = Date.now();
      return latest;
    }
    const tenant = this.#recent.get(name) ?? this.#known.get(name)?.deref() ?? this.#make(name);
    this.#keep(tenant);
    return tenant;
  }

  /** From now on any database is a tenant's, the server's own too, and code outside of a context one's as well. */
  settle(residence: Residence): void {
    this.#residence = residence;
    this.#home = this.get(residence.home);
  }

  /** Runs a function, and what it sets going, as a tenant's. */
  run<T>(tenant: Tenant, work: () => T): T {
    this.#residence?.enter();
    tenant.lastUsedAt = Date.now();
    if (this.#context.getStore() === tenant) return work();
    return this.#context.run(tenant, work);
  }

  /** The tenant of the running code, if it is one's. */
  get current(): Tenant | undefined {
    return this.#context.getStore() ?? this.#home;
  }

  /**
   * The same for what must not run otherwise, if the pool was opened so.
   * @param what - says what needs a tenant
   * @throws PolyPoolError, POLYPOOL_TENANT_REQUIRED, outside of a context
   */
  demand(what: () => string): Tenant | undefined {
    const { current } = this;
    this.#residence?.enter();
    if (current === undefined && this.required) throw tenantRequired(what());
    return current;
  }

  /** Those in use, the one used last at the front. */
  list(): TenantInfo[] {
    const found: TenantInfo[] = [];
    for (const reference of this.#known.values()) {
      const tenant = reference.deref();
      if (tenant) found.push({ name: tenant.name, lastUsedAt: new Date(tenant.lastUsedAt) });
    }
    return found.sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
  }

  /** Tells when a database is no longer what it was, with its tenant, if that is in use. */
  onForgotten(tell: (name: string, tenant: Tenant | undefined) => void): void {
    this.#rememberers.push(tell);
  }

  /** A database was dropped, or is another one from now on. */
  forget(name: string): void {
    const tenant = this.#known.get(name)?.deref();
    for (const tell of this.#rememberers) tell(name, tenant);
  }

  #make(name: string): Tenant {
    validateDatabaseName(name, { allowReserved: this.#residence !== undefined });
    const tenant = new Tenant(name);
    this.#known.set(name, new WeakRef(tenant));
    this.#collected.register(tenant, name);
    return tenant;
  }

  #keep(tenant: Tenant): void {
    const { name } = tenant;
    tenant.lastUsedAt = Date.now();
    this.#latest = tenant;
    this.#recent.delete(name);
    this.#recent.set(name, tenant);
    if (this.#recent.size <= KEPT) return;
    const [oldest] = this.#recent.keys();
    this.#recent.delete(oldest!);
  }
}

/** What an operation outside of a context ends with where one is required. */
function tenantRequired(what: string): Error {
  const { PolyPoolError } = polypoolErrors();
  return new PolyPoolError(
    `${what} needs a tenant: run it inside pool.withTenant(name, fn), or by a view, Model.db(name)`,
    'POLYPOOL_TENANT_REQUIRED'
  );
}
