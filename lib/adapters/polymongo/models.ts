/**
 * Models on a wrapper's connection: each is compiled there once, and is in other databases by views of
 * `pool.wrapModel()`. What a view is, `../mongoose/tenants` says.
 */
import type { Model, Schema } from 'mongoose';
import { logTo } from './log';
import type { Primary } from './primary';
import type { Wrapped } from './types';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of whatever documents
type AnyModel = Model<any>;

export class Models {
  readonly #primary: Primary;
  /** Those that were made, by those that were given. */
  readonly #made = new WeakMap<AnyModel, AnyModel>();

  constructor(primary: Primary) {
    this.#primary = primary;
  }

  /**
   * The same model on the wrapper's connection. Nothing becomes of the one that is given.
   * @throws Error for what is no model, and for a second one of the same name
   */
  wrap<M extends object>(given: M): Wrapped<M> {
    const base = given as unknown as AnyModel;
    if (!base?.modelName || !base.schema) throw new Error('Invalid model provided to wrapModel');
    const { connection, pool } = this.#primary;
    const own = connection.models[base.modelName] as AnyModel | undefined;
    // A view has the prototype of its model.
    if (own && own.prototype === base.prototype) {
      return pool.wrapModel(own) as unknown as Wrapped<M>;
    }
    const root = base.baseModelName && base.db.models[base.baseModelName];
    // What the one that this extends finds are documents of this one, too.
    if (root) this.wrap(root);
    let model = this.#made.get(base);
    if (model === undefined) {
      model = this.#compile(base);
      this.#note(base, model);
    }
    this.#extend(base, model);
    return model as unknown as Wrapped<M>;
  }

  #note(base: AnyModel, made: AnyModel): void {
    this.#made.set(base, made);
    logTo(this.#primary.pool, 'wrapped a model', { model: base.modelName });
  }

  /** Has what extends a model that was given extend the one that was made of it. */
  #extend(base: AnyModel, model: AnyModel): void {
    for (const [name, child] of Object.entries(base.discriminators ?? {})) {
      if (this.#made.has(child)) continue;
      const schema = child.schema as Schema & { discriminatorMapping?: { value?: string } };
      this.#note(child, model.discriminator(name, schema, schema.discriminatorMapping?.value));
    }
  }

  #compile(base: AnyModel): AnyModel {
    const { connection, pool } = this.#primary;
    const { modelName, schema, collection } = base;
    const known = connection.models[modelName] as AnyModel | undefined;
    // With a collection Mongoose would make another one of that name.
    const model =
      known === undefined
        ? connection.model(modelName, schema as Schema, collection.name)
        : connection.model(modelName, schema as Schema);
    return pool.wrapModel(model);
  }
}
