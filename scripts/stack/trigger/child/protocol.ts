import * as z from 'zod';
import { Catalog } from '../task-registry.ts';

/** What the parent gives a child on its command line, as JSON. */
export const ChildSetup = z.object({
  /** Names this child; lets a later runtime recognise a leftover process as its own before it kills it. */
  token: z.string(),
  taskFiles: z.array(z.string()),
  configFile: z.string().optional(),
  heartbeatMs: z.number(),
});
export type ChildSetup = z.infer<typeof ChildSetup>;

/** What a child says besides the messages of Trigger.dev's own catalogue. */
export const ChildNotice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('READY'), catalog: Catalog }),
  z.object({ type: z.literal('UNUSABLE'), message: z.string() }),
  z.object({ type: z.literal('SETTLED'), runId: z.string() }),
  z.object({
    type: z.literal('LOG'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()),
  }),
]);
export type ChildNotice = z.infer<typeof ChildNotice>;
