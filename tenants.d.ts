// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

/**
 * What `polypool/tenants` exports: requests of web frameworks in their tenant's context. It knows the shape of
 * a request handler in each, and neither the frameworks nor what is done in a context.
 */
/**
 * The tenant of a request; nothing for one that is nobody's. An error that it throws is the request's. In Next.js
 * it gets what else the handler does, such as the parameters of the path.
 */
export type TenantOf<Request, Rest extends unknown[] = []> = (
  request: Request,
  ...rest: Rest
) => string | null | undefined | Promise<string | null | undefined>;
interface Home {
  withTenant<T>(name: string, work: () => T): T;
}
/**
 * Middleware for Express, Connect, NestJS: what comes after it runs as the request's tenant.
 *
 * @example app.use('/:tenant', tenantMiddleware(pool, request => request.params.tenant))
 */
export declare function tenantMiddleware<Request = never>(
  pool: Home,
  tenantOf: TenantOf<Request>
): (request: Request, response: unknown, next: (error?: unknown) => void) => void;
/**
 * A hook for Fastify: the later hooks and the handler run as the request's tenant.
 *
 * @example app.addHook('onRequest', tenantHook(pool, request => request.headers['x-tenant']))
 */
export declare function tenantHook<Request = never>(
  pool: Home,
  tenantOf: TenantOf<Request>
): (request: Request, reply: unknown, done: (error?: Error) => void) => void;
/**
 * Wraps a route handler or a server action of Next.js, or any other function: it runs as the tenant of its
 * arguments.
 *
 * @example export const GET = tenantRoute(pool, request => request.headers.get('x-tenant'), handler)
 * @example export const GET = tenantRoute(pool, async (_, { params }) => (await params).tenant, handler)
 */
export declare function tenantRoute<
  Request,
  Rest extends unknown[],
  Looked extends unknown[],
  Result
>(
  pool: Home | (() => Home | Promise<Home>),
  tenantOf: TenantOf<Request, Looked>,
  handler: (request: Request, ...rest: Rest) => Result | Promise<Result>
): (request: Request, ...rest: Longer<Rest, Looked>) => Promise<Result>;
type Longer<A extends unknown[], B extends unknown[]> = Partial<A> extends Partial<B> ? B : A;

export {};
