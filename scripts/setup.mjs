// Owns the way from a fresh checkout to a package that can be loaded: dependencies, native core,
// JavaScript. Skips what is up to date. Plain Node.js until the dependencies are there.
// Must not know who needs it, nor how a part is built.

import { installDependencies } from './setup/dependencies.mjs';
import { buildNative, nativeIsFresh } from './build/native.mjs';
import { buildTypeScript, typeScriptIsFresh } from './build/typescript.mjs';

/**
 * @param {object} options
 * @param {import('./build/native.mjs').Profile} options.profile the least optimised build that will do
 * @param {AbortSignal} [options.signal]
 */
export async function setUp({ profile, signal }) {
  await installDependencies({ signal });
  if (!nativeIsFresh(profile)) await buildNative({ profile, signal });
  if (!typeScriptIsFresh()) await buildTypeScript({ signal });
}
