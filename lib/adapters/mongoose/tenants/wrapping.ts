/**
 * What is kept of a wrapped model, and what the views of one pool have in common. It makes views when they
 * are asked for; how a model comes to ask, `redirect.ts` says.
 */
import type { EventEmitter } from 'node:events';
import type { PolyPool } from 'polypool';
import { internalsOf } from '../../internals';
import { Turns } from '../../turns';
import type { WrapModelOptions } from '../instance';
import { connectionOf, type Views } from './connection';
import { prepare, Prepared } from './indexes';
import {
  TENANT,
  WRAPPING,
  type Model,
  type ModelConnection,
  type Tenancy,
  type Tenant
} from './model';
import { newView } from './view';

/** Collections whose indexes are made at a time. */
const PREPARED_AT_ONCE = 8;

/** One model, wrapped. */
export interface Wrapping {
  views: PoolViews;
  options: WrapModelOptions;
  /** What the model had for itself. */
  connection: ModelConnection;
  collection: Model['collection'];
  /**
   * How often Mongoose is making the model's own collection and indexes now: `init()`, which it also calls by
   * itself when a model is compiled and when a connection is opened.
   */
  initializing: number;
  /** What its views are made on. */
  readonly prototype: object;
  /** `Model.db`. */
  readonly callable: ModelConnection;
  /** Wraps a model that extends this one. */
  readonly wrapChild: (child: Model) => void;
}

type WrappedModel = Model & { readonly [WRAPPING]: Wrapping };

export function wrappingOf(model: Model): Wrapping | undefined {
  return Object.hasOwn(model, WRAPPING) ? (model as WrappedModel)[WRAPPING] : undefined;
}

/** The model that a view is of; of a model, itself. */
export function modelOf(view: Model): Model {
  return (Object.getOwnPropertyDescriptor(view.prototype, WRAPPING)?.value ?? view) as Model;
}

/** Wraps a model that has not been. */
export type Wrap = (views: PoolViews, model: Model, options: WrapModelOptions) => Wrapping;

/** What a pool's views have in common, by pool. */
const poolViews = new WeakMap<PolyPool, PoolViews>();

export class PoolViews implements Views {
  readonly pool: PolyPool;
  readonly tenancy: Tenancy;

  readonly #wrap: Wrap;
  readonly #turns = new Turns(PREPARED_AT_ONCE);
  readonly #prepared = new Prepared();
  /** Views in databases that have been forgotten since. */
  readonly #outdated = new WeakSet<Model>();
  /** Whether there has been one. */
  #hasForgotten = false;

  private constructor(pool: PolyPool, wrap: Wrap) {
    this.pool = pool;
    this.#wrap = wrap;
    this.tenancy = internalsOf(pool).tenancy;
    this.tenancy.onForgotten((name, tenant) => this.#forget(name, tenant));
  }

  /** @param wrap - for models that are reached by others, and have not been wrapped */
  static of(pool: PolyPool, wrap: Wrap): PoolViews {
    const known = poolViews.get(pool) ?? new PoolViews(pool, wrap);
    poolViews.set(pool, known);
    return known;
  }

  readonly viewOf = (model: Model, tenant: Tenant): Model => {
    const known = tenant.parts.get(model) as Model | undefined;
    if (known !== undefined) return this.upToDate(known);
    const wrapping = wrappingOf(model) ?? this.#wrap(this, model, {});
    const connection = this.#connection(wrapping.connection, tenant);
    const view = newView(model, wrapping.prototype, tenant, connection);
    tenant.parts.set(model, view);
    this.#prepare(view, tenant, wrapping.options);
    return view;
  };

  /** Has a view's indexes made again, if its database is not the one that they were made in. */
  upToDate(view: Model): Model {
    if (!this.#hasForgotten || !this.#outdated.delete(view)) return view;
    const model = modelOf(view);
    const { [TENANT]: tenant } = view as Model & { readonly [TENANT]: Tenant };
    this.#prepare(view, tenant, wrappingOf(model)?.options ?? {});
    return view;
  }

  #prepare(view: Model, tenant: Tenant, options: WrapModelOptions): void {
    prepare(view, options, {
      prepared: this.#prepared,
      turns: this.#turns,
      within: work => this.tenancy.run(tenant, work),
      tell: event => void (this.pool as EventEmitter).emit('tenantIndexes', event)
    });
  }

  #forget(name: string, tenant: Tenant | undefined): void {
    this.#hasForgotten = true;
    this.#prepared.forget(name);
    for (const part of tenant?.parts.values() ?? []) {
      if ((part as { [TENANT]?: Tenant })[TENANT] === tenant) this.#outdated.add(part as Model);
    }
  }

  connectionOf(parent: ModelConnection, name: string): ModelConnection {
    return this.#connection(parent, this.tenancy.get(name));
  }

  elsewhere(view: Model, name: string): Model {
    return this.viewOf(modelOf(view), this.tenancy.get(name));
  }

  #connection(parent: ModelConnection, tenant: Tenant): ModelConnection {
    const known = tenant.parts.get(parent) as ModelConnection | undefined;
    if (known !== undefined) return known;
    const made = connectionOf(this, parent, tenant);
    tenant.parts.set(parent, made);
    return made;
  }

  /** Runs what is done with a view, or with a document, as its tenant's. */
  within<T>(of: object, work: () => T): T {
    const tenant = (of as { [TENANT]?: Tenant | null })[TENANT];
    return tenant ? this.tenancy.run(tenant, work) : work();
  }
}
