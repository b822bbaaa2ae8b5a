import * as z from 'zod';

/** In a file of its own, because definitions name services and credentials name what definitions define. */
export const ServiceName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _, starting with a letter, at most 64')
  .meta({ id: 'ServiceName', examples: ['numverify'] });
