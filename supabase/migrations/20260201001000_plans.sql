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
