/**
 * Where in the application something was made: the frames of a stack without polypool's. It knows
 * functions and files, not what was made.
 */

/** What makes something for a method that users call: a class, or a function. */
export type Maker =
  ((...given: never[]) => unknown) | (abstract new (...given: never[]) => unknown);

/** Frames of a stack, those of polypool included. */
const FRAMES = 40;

/**
 * The frames of whoever called into polypool. Made text at once: a stack that is not keeps the
 * objects alive that it went through.
 *
 * The maker and what it called are told by identity, and the method that called it is the next frame:
 * where a bundler has put all into one file, there is nothing else to tell it by. In a package of its
 * own, the frames of its files are left out as well, such as those of methods that call others.
 * @param maker - a function under way that a method for users has called
 */
export function callSite(maker: Maker): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, maker);
  Error.stackTraceLimit = stackTraceLimit;
  const [, , ...frames] = holder.stack!.split('\n');
  const folder = ownFolder();
  const isForeign = (frame: string): boolean => folder === undefined || !frame.includes(folder);
  return frames.filter(isForeign).join('\n');
}

/**
 * The folder that has nothing but polypool in it; undefined in a bundle, where this file's is the
 * application's. Bundlers give a module that they have taken in no name of a file, or no module at all.
 */
function ownFolder(): string | undefined {
  if (typeof module !== 'object' || typeof __filename !== 'string') return undefined;
  return module.filename === __filename ? __dirname : undefined;
}
