/**
 * What is kept of a wrapped model, and what the views of one pool have in common. It makes views when they
 * are asked for; how a model comes to ask, `redirect.ts` says.
 */
import type { EventEmitter } from 'node:events';
import type { PolyPool } from 'polypool';
import type { WrapModelOptions } from '../instance';
import { connectionOf, type Views } from './connection';
import { prepare } from './indexes';
import {
  TENANT,
  WRAPPING,
  type Model,
  type ModelConnection,
  type Tenancy,
  type Tenant
} from './model';
import { Turns } from './turns';
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

/** Wraps a model that has not been. */
export type Wrap = (views: PoolViews, model: Model, options: WrapModelOptions) => Wrapping;

/** What a pool's views have in common, by pool. */
const poolViews = new WeakMap<PolyPool, PoolViews>();

export class PoolViews implements Views {
  readonly pool: PolyPool;
  readonly tenancy: Tenancy;

  readonly #wrap: Wrap;
  readonly #turns = new Turns(PREPARED_AT_ONCE);

  private constructor(pool: PolyPool, wrap: Wrap) {
    this.pool = pool;
    this.#wrap = wrap;
    this.tenancy = (pool as unknown as { tenancy: Tenancy }).tenancy;
  }

  /** @param wrap - for models that are reached by others, and have not been wrapped */
  static of(pool: PolyPool, wrap: Wrap): PoolViews {
    const known = poolViews.get(pool) ?? new PoolViews(pool, wrap);
    poolViews.set(pool, known);
    return known;
  }

  readonly viewOf = (model: Model, tenant: Tenant): Model => {
    const known = tenant.parts.get(model) as Model | undefined;
    if (known !== undefined) return known;
    const wrapping = wrappingOf(model) ?? this.#wrap(this, model, {});
    const connection = this.#connection(wrapping.connection, tenant);
    const view = newView(model, wrapping.prototype, tenant, connection);
    tenant.parts.set(model, view);
    prepare(view, wrapping.options, {
      turns: this.#turns,
      within: work => this.tenancy.run(tenant, work),
      tell: event => void (this.pool as EventEmitter).emit('tenantIndexes', event)
    });
    return view;
  };

  connectionOf(parent: ModelConnection, name: string): ModelConnection {
    return this.#connection(parent, this.tenancy.get(name));
  }

  elsewhere(view: Model, name: string): Model {
    const { prototype } = view;
    const model = (Object.getOwnPropertyDescriptor(prototype, WRAPPING)?.value ?? view) as Model;
    return this.viewOf(model, this.tenancy.get(name));
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
