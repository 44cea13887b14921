/** Owns the choice between the short faults and loads of every run and the long ones. */

/** `npm run test:stability` asks for the long ones, as an issue or a release wants them proved. */
export const isFull = process.env.POLYPOOL_STABILITY === 'full';
