// Owns the tenants, and which database belongs to which. Must not know about HTTP.

/** The regions of the world: each is a tenant with a database of its own. */
export const TENANTS = ['africa', 'americas', 'antarctic', 'asia', 'europe', 'oceania'];

/** The name of a tenant's database. Only call it with one of TENANTS, never with a user's text. */
export function databaseName(tenant) {
  return `demo_${tenant}`;
}

/** The countries of a tenant. Every tenant's database is reached through the same pool. */
export function countriesOf(pool, tenant) {
  return pool.db(databaseName(tenant)).collection('countries');
}
