/** The proofs have a small size for every day, and the full one for `npm run test:long`. */
export const LONG = process.env.PATCHBAY_TEST_LONG === '1';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
