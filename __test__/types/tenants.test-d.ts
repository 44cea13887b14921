/** What `wrapModel` and contexts are to the compiler. */
import mongoose from 'mongoose';
import type { PolyPool } from 'polypool';
import { tenantMiddleware, tenantRoute } from 'polypool/tenants';

declare const pool: PolyPool;
declare const request: { headers: Record<string, string> };

interface User {
  name: string;
}

const Plain = mongoose.model('User', new mongoose.Schema<User>({ name: String }));
const User = pool.wrapModel(Plain, { autoIndex: tenant => tenant !== 'test' });

export const view: typeof Plain = User.db('acme');
export const connection: mongoose.Connection = User.db;
export const name: Promise<string | undefined> = User.db('acme')
  .findOne()
  .then(user => user?.name);
export const inside: Promise<number> = pool.withTenant('acme', () => User.countDocuments().exec());
export const latest: Date | undefined = pool.tenants()[0]?.lastUsedAt;

tenantMiddleware<typeof request>(pool, ({ headers }) => headers['x-tenant'])(request, {}, () => {});
export const handled: (given: typeof request) => Promise<number> = tenantRoute(
  pool,
  ({ headers }: typeof request) => headers['x-tenant'],
  async () => 5
);

// @ts-expect-error -- a tenant has a name
User.db();
// @ts-expect-error -- and is not a number
pool.withTenant(5, () => undefined);
