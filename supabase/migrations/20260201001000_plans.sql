-- Their conditions depend on which arguments are null, and their limit is an argument: a plan that serves all calls alike
-- would read a whole table for some of them. A plan for each call costs less than a millisecond.
alter function public.list_workspaces set plan_cache_mode = 'force_custom_plan';
alter function public.list_members set plan_cache_mode = 'force_custom_plan';
alter function public.list_credentials set plan_cache_mode = 'force_custom_plan';
alter function public.list_connectors set plan_cache_mode = 'force_custom_plan';
alter function public.list_executions set plan_cache_mode = 'force_custom_plan';
alter function public.list_api_keys set plan_cache_mode = 'force_custom_plan';
alter function public.list_template_versions set plan_cache_mode = 'force_custom_plan';
alter function public.list_audit_log set plan_cache_mode = 'force_custom_plan';
alter function public.export_connectors set plan_cache_mode = 'force_custom_plan';
alter function private.credential_users set plan_cache_mode = 'force_custom_plan';
alter function private.admin_stats set plan_cache_mode = 'force_custom_plan';
alter function private.admin_workspaces set plan_cache_mode = 'force_custom_plan';
alter function private.admin_recent_executions set plan_cache_mode = 'force_custom_plan';
alter function private.admin_failures set plan_cache_mode = 'force_custom_plan';
alter function private.admin_slowest_connectors set plan_cache_mode = 'force_custom_plan';

-- Row level security says "one of the caller's workspaces", the function says "this one", and the planner takes the two for
-- independent: it expects a hundredth of the rows, and so reads and sorts all of them instead of walking the index that
-- holds them in order. Without sorting, the first rows of the index are the page, however many follow.
alter function public.list_members set enable_sort = off;
alter function public.list_credentials set enable_sort = off;
alter function public.list_connectors set enable_sort = off;
alter function public.list_executions set enable_sort = off;
alter function public.list_api_keys set enable_sort = off;
alter function public.list_audit_log set enable_sort = off;
alter function public.export_connectors set enable_sort = off;
alter function public.connector_stats set enable_sort = off;

-- The history of one connector by status: else a connector that always succeeds is read as a whole to find that it never
-- failed. Written once in the life of an execution, at its end.
create index connector_executions_connector_ended_idx on public.connector_executions (workspace_id, connector_id, status, id desc)
  where status in ('succeeded', 'failed', 'cancelled', 'timed_out');
