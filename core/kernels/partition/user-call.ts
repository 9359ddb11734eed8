type UserFunction = (object: unknown, context: unknown) => unknown;

/**
 * Calls user code from a place that has been seen to call different functions, so that the engine compiles
 * the user's function by itself. Inlined into the kernel's sweep, as a lone callee would be, its loops
 * shared registers with the sweep and ran up to a quarter slower.
 */
export function callUser(f: UserFunction, object: unknown, context: unknown): unknown {
  return f(object, context);
}

/** Calls after which the engine has recorded what a call site does; it begins to record after a few. */
const WARM_UP = 2000;

const one: UserFunction = (object) => object;
const other: UserFunction = (_object, context) => context;
for (let k = 0; k < WARM_UP; k++) callUser(k % 2 === 0 ? one : other, null, null);
