import * as z from 'zod';
import { ErrorClass, ExecutionStatus } from '../execution/schema.ts';
import { Bucket } from './range.ts';

const ended = {
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  timed_out: z.int(),
};

export const AdminTotals = z.object({
  /** Now, not in the range; above 10,000 an estimate of the database. */
  workspaces: z.int(),
  connectors: z.int(),
  /** Published, now. */
  templates: z.int(),
  /** Ended in the range. */
  executions: z.int(),
  ...ended,
  /** Of those that ended by themselves, without the cancelled; null when there were none. */
  success_rate: z.number().nullable(),
  average_duration_ms: z.number().nullable(),
});

/** Ended executions in one bucket of time, which starts at `at` (UTC). */
export const AdminPoint = z.object({
  at: z.string(),
  ...ended,
  /** With executions that ended in it. */
  workspaces: z.int(),
});
export type AdminPoint = z.infer<typeof AdminPoint>;

/** `series` has a point for every bucket of the range, also for those in which nothing ended. */
export const AdminStats = z
  .object({
    from: z.string(),
    to: z.string(),
    bucket: Bucket,
    totals: AdminTotals,
    series: z.array(AdminPoint),
  })
  .meta({ id: 'AdminStats' });
export type AdminStats = z.infer<typeof AdminStats>;

/** A workspace and what it used in the range. */
export const WorkspaceUsage = z
  .object({
    id: z.uuid(),
    name: z.string(),
    created_at: z.string(),
    members: z.int(),
    /** At most 10,000 are counted. */
    connectors: z.int(),
    credentials: z.int(),
    executions: z.int(),
    failures: z.int(),
  })
  .meta({ id: 'WorkspaceUsage' });
export type WorkspaceUsage = z.infer<typeof WorkspaceUsage>;

/** How an execution of any workspace went. What was in it belongs to the workspace, and is not shown. */
export const AdminExecution = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    workspace_name: z.string(),
    connector_id: z.uuid(),
    connector_name: z.string(),
    status: ExecutionStatus,
    error_class: ErrorClass.nullable(),
    error_code: z.string().nullable(),
    created_at: z.string(),
    duration_ms: z.number().nullable(),
  })
  .meta({ id: 'AdminExecution' });
export type AdminExecution = z.infer<typeof AdminExecution>;

export const FailureKey = z.enum(['class', 'code', 'host', 'connector', 'template']);
export type FailureKey = z.infer<typeof FailureKey>;

/** `key` is the class, code or host itself, or the id of a connector or template, whose name comes with it. */
export const FailureCount = z
  .object({ key: z.string(), name: z.string().nullable(), failures: z.int() })
  .meta({ id: 'FailureCount' });
export type FailureCount = z.infer<typeof FailureCount>;

export const SlowConnector = z
  .object({
    connector_id: z.uuid(),
    connector_name: z.string(),
    workspace_id: z.uuid(),
    workspace_name: z.string(),
    executions: z.int(),
    average_duration_ms: z.number().nullable(),
    max_duration_ms: z.number(),
  })
  .meta({ id: 'SlowConnector' });
export type SlowConnector = z.infer<typeof SlowConnector>;

/** How far credentials have come to the newest key. Ids of keys are no secret. */
export const KeyRotation = z
  .object({
    /** What new credentials are sealed with. */
    newest_key_id: z.string(),
    /** Every credential is under the newest key. */
    up_to_date: z.boolean(),
    /** Credentials that are not. */
    outdated: z.int(),
    keys: z.array(
      z.object({
        key_id: z.string(),
        credentials: z.int(),
        /** The API holds this key. Credentials under one that it does not hold cannot be read, until it is back. */
        configured: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'KeyRotation' });
export type KeyRotation = z.infer<typeof KeyRotation>;

export const SaasAdmin = z.object({ user_id: z.uuid(), created_at: z.string() }).meta({ id: 'SaasAdmin' });
export type SaasAdmin = z.infer<typeof SaasAdmin>;

export const AddSaasAdmin = z.strictObject({ user_id: z.uuid() }).meta({ id: 'AddSaasAdmin' });
export type AddSaasAdmin = z.infer<typeof AddSaasAdmin>;
