// Owns how a contender gives tenants their models. Must not know what is done with them, nor what it costs.

import type { Connection, Model } from 'mongoose';

export type TenantContender = 'polypool' | 'mongoose';

/** Models of each tenant. */
export const MODELS = 20;

/** A model of whatever documents. */
export type AnyModel = Model<any>;

export interface TenantModels {
  /** By the tenant's database; without one, a model that is nobody's. */
  readonly modelOf: (database: string | undefined, model: number) => AnyModel;
  /** Of the same schema, and not known to who gives tenants their models. */
  readonly plain: readonly AnyModel[];
  readonly close: () => Promise<void>;
}

/** @param options - of the connection */
export async function openTenantModels(
  contender: TenantContender,
  uri: string,
  options: object
): Promise<TenantModels> {
  const { default: mongoose } = await import('mongoose');
  const { itemPaths } = await import('../contenders/mongoose');
  const schemas = Array.from({ length: MODELS }, () => new mongoose.Schema<any>(itemPaths));
  const define = (connection: Connection, kind: string): AnyModel[] =>
    schemas.map(
      (schema, index) => connection.model(`${kind}${index}`, schema) as unknown as AnyModel
    );
  if (contender === 'mongoose') {
    const connection = await mongoose.createConnection(uri, options).asPromise();
    const models = define(connection, 'Item');
    return {
      plain: define(connection, 'Plain'),
      modelOf: (name, model) => {
        if (name === undefined) return models[model]!;
        const database = connection.useDb(name, { useCache: true });
        const known: unknown =
          database.models[`Item${model}`] ?? database.model(`Item${model}`, schemas[model]);
        return known as AnyModel;
      },
      close: () => connection.close()
    };
  }
  const { connect } = await import('polypool');
  const pool = await connect(uri, { ...options, mongoose });
  const models = define(mongoose.connection, 'Item').map(model => pool.wrapModel(model));
  return {
    plain: define(mongoose.connection, 'Plain'),
    modelOf: (name, model) => (name === undefined ? models[model]! : models[model]!.db(name)),
    close: () => mongoose.disconnect()
  };
}
