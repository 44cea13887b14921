/**
 * A class, or a function, that is not loaded yet. The names that an ES module exports have values from
 * its start on, so `dist/index.mjs` exports these where `dist/index.js` has getters. It knows none by
 * name.
 */

type AnyClass = abstract new (...args: never[]) => object;

/**
 * Behaves as the class or function that `load` gives, which is called at the first use of any kind: a
 * call, `new`, `extends`, `instanceof`, a static member. It is not the same object.
 */
export function standIn(load: () => AnyClass): object {
  // A bound function can be constructed and has no `prototype` of its own, which a proxy could not
  // give another value.
  return new Proxy(function () {}.bind(null), {
    apply: (_, self: unknown, args) =>
      Reflect.apply<unknown, unknown[], unknown>(load() as never, self, args),
    construct: (_, args, target) => Reflect.construct(load(), args, target) as object,
    get: (_, key, receiver) => Reflect.get(load(), key, receiver) as unknown,
    set: (_, key, value) => Reflect.set(load(), key, value),
    has: (_, key) => Reflect.has(load(), key),
    ownKeys: () => Reflect.ownKeys(load()),
    getPrototypeOf: () => Reflect.getPrototypeOf(load()),
    getOwnPropertyDescriptor: (_, key) => {
      const property = Reflect.getOwnPropertyDescriptor(load(), key);
      // A proxy may not call a property fixed that its own target does not have.
      return property && { ...property, configurable: true };
    }
  });
}
