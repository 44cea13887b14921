// Owns how polypool's codec is loaded for a comparison: compiled, and without what it has learned. Must
// not know what is compared.

import { createRequire } from 'node:module';
import { sep } from 'node:path';

const require = createRequire(import.meta.url);

/** Modules of `lib/bson` by their names. */
interface Modules {
  decode: typeof import('../lib/bson/decode.ts');
  encoder: typeof import('../lib/bson/encoder.ts');
  library: typeof import('../lib/bson/library.ts');
  options: typeof import('../lib/bson/options.ts');
  serialize: typeof import('../lib/bson/serialize.ts');
  sink: typeof import('../lib/bson/sink.ts');
}

/** The copy of js-bson that lib/bson/bson.ts has: `import` would give another, with classes of its own. */
export const own = require('bson') as typeof import('bson');

/** Loads modules anew when they are asked for, all of them of one loading. */
export function fresh(): <N extends keyof Modules>(name: N) => Modules[N] {
  for (const path of Object.keys(require.cache)) {
    if (path.includes(`${sep}dist${sep}lib${sep}bson${sep}`)) {
      Reflect.deleteProperty(require.cache, path);
    }
  }
  return <N extends keyof Modules>(name: N) => require(`../dist/lib/bson/${name}.js`) as Modules[N];
}
