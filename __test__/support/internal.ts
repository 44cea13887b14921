// Owns how a test reaches a module that is not exported: compiled, as the package has it, where it
// may load the driver and the addon late. Must not know what the module is for.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * A module of `lib/`, from `dist/lib/`.
 *
 * @param path its path in `lib`, without the extension; `T` is its type, `typeof import('…')`
 */
export function internal<T>(path: string): T {
  return require(`../../dist/lib/${path}.js`) as T;
}
