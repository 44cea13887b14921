/** Types compared by the compiler: a file that compiles has passed. Nothing here runs. */

/** True when the compiler holds two types for one and the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only as `same<A, B>(true)` when the types are the same. */
export declare function same<A, B>(is: Same<A, B>): void;

/** Compiles only as `typeOf(value).is<B>(true)` when the value's type is `B`. */
export declare function typeOf<A>(value: A): { is<B>(is: Same<A, B>): void };
