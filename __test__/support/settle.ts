// Owns how a call ended, and the name that stacks of its errors are searched for. Must not know what
// is called.

/** How a call ended: at once or later, well or badly. */
export type Settled = { value: unknown } | { rejected: unknown } | { thrown: unknown };

/** Runs a call that may fail. */
export async function settle(run: () => unknown): Promise<Settled> {
  let returned = false;
  try {
    const value = await theCallingFunction(() => {
      const result = run();
      returned = true;
      return result;
    });
    return { value };
  } catch (error) {
    return returned ? { rejected: error } : { thrown: error };
  }
}

/** Whether an error's stack names the async function that made the call of {@link settle}. */
export function namesCaller(error: Error): boolean {
  return error.stack?.includes(theCallingFunction.name) === true;
}

/** Named after what stacks are searched for. */
async function theCallingFunction(run: () => unknown): Promise<unknown> {
  return await run();
}
