// Generated from supabase/migrations by scripts/generate/database-types.ts. Do not edit: change a migration, run
// `npm run generate`, and commit both. A test fails when this file and the migrations disagree.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      api_keys: {
        Row: {
          created_at: string;
          created_by: string | null;
          expires_at: string | null;
          id: string;
          last_used_at: string | null;
          name: string;
          revoked_at: string | null;
          scope: string;
          secret_hash: string;
          secret_hint: string;
          workspace_id: string;
        };
        Insert: {
          created_at?: string;
          created_by?: string | null;
          expires_at?: string | null;
          id: string;
          last_used_at?: string | null;
          name: string;
          revoked_at?: string | null;
          scope: string;
          secret_hash: string;
          secret_hint: string;
          workspace_id: string;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          expires_at?: string | null;
          id?: string;
          last_used_at?: string | null;
          name?: string;
          revoked_at?: string | null;
          scope?: string;
          secret_hash?: string;
          secret_hint?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'api_keys_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      audit_log: {
        Row: {
          action: string;
          actor_id: string | null;
          actor_type: string;
          after: Json | null;
          before: Json | null;
          created_at: string;
          entity: string;
          entity_id: string;
          id: number;
          workspace_id: string | null;
        };
        Insert: {
          action: string;
          actor_id?: string | null;
          actor_type?: string;
          after?: Json | null;
          before?: Json | null;
          created_at?: string;
          entity: string;
          entity_id: string;
          id?: never;
          workspace_id?: string | null;
        };
        Update: {
          action?: string;
          actor_id?: string | null;
          actor_type?: string;
          after?: Json | null;
          before?: Json | null;
          created_at?: string;
          entity?: string;
          entity_id?: string;
          id?: never;
          workspace_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'audit_log_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      circuits: {
        Row: {
          credential_id: string | null;
          failures: number;
          host: string;
          id: string;
          last_failure_at: string;
          open_ms: number | null;
          opened_at: string | null;
          probe_until: string | null;
          probes: number;
          retry_at: string | null;
          streak_started_at: string;
          workspace_id: string;
        };
        Insert: {
          credential_id?: string | null;
          failures?: number;
          host: string;
          id: string;
          last_failure_at?: string;
          open_ms?: number | null;
          opened_at?: string | null;
          probe_until?: string | null;
          probes?: number;
          retry_at?: string | null;
          streak_started_at?: string;
          workspace_id: string;
        };
        Update: {
          credential_id?: string | null;
          failures?: number;
          host?: string;
          id?: string;
          last_failure_at?: string;
          open_ms?: number | null;
          opened_at?: string | null;
          probe_until?: string | null;
          probes?: number;
          retry_at?: string | null;
          streak_started_at?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'circuits_workspace_id_credential_id_fkey';
            columns: ['workspace_id', 'credential_id'];
            isOneToOne: false;
            referencedRelation: 'workspace_api_credentials';
            referencedColumns: ['workspace_id', 'id'];
          },
          {
            foreignKeyName: 'circuits_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      connector_batches: {
        Row: {
          cancel_requested_at: string | null;
          connector_id: string;
          connector_version: number;
          counts: Json | null;
          created_at: string;
          created_by: string | null;
          finished_at: string | null;
          id: string;
          slice_expires_at: string | null;
          slice_owner: string | null;
          status: string;
          total: number;
          touched_at: string;
          turn: number;
          workspace_id: string;
        };
        Insert: {
          cancel_requested_at?: string | null;
          connector_id: string;
          connector_version: number;
          counts?: Json | null;
          created_at?: string;
          created_by?: string | null;
          finished_at?: string | null;
          id: string;
          slice_expires_at?: string | null;
          slice_owner?: string | null;
          status?: string;
          total: number;
          touched_at?: string;
          turn?: number;
          workspace_id: string;
        };
        Update: {
          cancel_requested_at?: string | null;
          connector_id?: string;
          connector_version?: number;
          counts?: Json | null;
          created_at?: string;
          created_by?: string | null;
          finished_at?: string | null;
          id?: string;
          slice_expires_at?: string | null;
          slice_owner?: string | null;
          status?: string;
          total?: number;
          touched_at?: string;
          turn?: number;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'connector_batches_workspace_id_connector_id_connector_vers_fkey';
            columns: ['workspace_id', 'connector_id', 'connector_version'];
            isOneToOne: false;
            referencedRelation: 'connector_versions';
            referencedColumns: ['workspace_id', 'connector_id', 'version'];
          },
          {
            foreignKeyName: 'connector_batches_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      connector_executions: {
        Row: {
          batch_id: string | null;
          batch_index: number | null;
          batch_key: string | null;
          cancel_requested_at: string | null;
          connector_id: string;
          connector_version: number;
          created_at: string;
          created_by: string | null;
          depth: number;
          dismissed_at: string | null;
          error: Json | null;
          event_seq: number;
          fence: number;
          finished_at: string | null;
          finished_event: number | null;
          id: string;
          input: NonNullable<Json>;
          lease_expires_at: string | null;
          lease_owner: string | null;
          options: Json | null;
          output: Json | null;
          parent_id: string | null;
          parent_iteration: string | null;
          parent_step: string | null;
          queued_at: string;
          redriven_on_newest: boolean;
          redrives: number;
          replay_of: string | null;
          resume_at: string | null;
          resumed_at: string | null;
          spent_ms: number;
          started_at: string | null;
          started_event: number | null;
          status: string;
          strikes: number;
          timeline: NonNullable<Json>;
          trigger: NonNullable<Json>;
          workspace_id: string;
        };
        Insert: {
          batch_id?: string | null;
          batch_index?: number | null;
          batch_key?: string | null;
          cancel_requested_at?: string | null;
          connector_id: string;
          connector_version: number;
          created_at?: string;
          created_by?: string | null;
          depth?: number;
          dismissed_at?: string | null;
          error?: Json | null;
          event_seq?: number;
          fence?: number;
          finished_at?: string | null;
          finished_event?: number | null;
          id: string;
          input: NonNullable<Json>;
          lease_expires_at?: string | null;
          lease_owner?: string | null;
          options?: Json | null;
          output?: Json | null;
          parent_id?: string | null;
          parent_iteration?: string | null;
          parent_step?: string | null;
          queued_at?: string;
          redriven_on_newest?: boolean;
          redrives?: number;
          replay_of?: string | null;
          resume_at?: string | null;
          resumed_at?: string | null;
          spent_ms?: number;
          started_at?: string | null;
          started_event?: number | null;
          status?: string;
          strikes?: number;
          timeline?: NonNullable<Json>;
          trigger?: NonNullable<Json>;
          workspace_id: string;
        };
        Update: {
          batch_id?: string | null;
          batch_index?: number | null;
          batch_key?: string | null;
          cancel_requested_at?: string | null;
          connector_id?: string;
          connector_version?: number;
          created_at?: string;
          created_by?: string | null;
          depth?: number;
          dismissed_at?: string | null;
          error?: Json | null;
          event_seq?: number;
          fence?: number;
          finished_at?: string | null;
          finished_event?: number | null;
          id?: string;
          input?: NonNullable<Json>;
          lease_expires_at?: string | null;
          lease_owner?: string | null;
          options?: Json | null;
          output?: Json | null;
          parent_id?: string | null;
          parent_iteration?: string | null;
          parent_step?: string | null;
          queued_at?: string;
          redriven_on_newest?: boolean;
          redrives?: number;
          replay_of?: string | null;
          resume_at?: string | null;
          resumed_at?: string | null;
          spent_ms?: number;
          started_at?: string | null;
          started_event?: number | null;
          status?: string;
          strikes?: number;
          timeline?: NonNullable<Json>;
          trigger?: NonNullable<Json>;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'connector_executions_batch_fkey';
            columns: ['workspace_id', 'batch_id'];
            isOneToOne: false;
            referencedRelation: 'connector_batches';
            referencedColumns: ['workspace_id', 'id'];
          },
          {
            foreignKeyName: 'connector_executions_parent_fkey';
            columns: ['workspace_id', 'parent_id'];
            isOneToOne: false;
            referencedRelation: 'connector_executions';
            referencedColumns: ['workspace_id', 'id'];
          },
          {
            foreignKeyName: 'connector_executions_workspace_id_connector_id_connector_v_fkey';
            columns: ['workspace_id', 'connector_id', 'connector_version'];
            isOneToOne: false;
            referencedRelation: 'connector_versions';
            referencedColumns: ['workspace_id', 'connector_id', 'version'];
          },
          {
            foreignKeyName: 'connector_executions_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      connector_step_cache: {
        Row: {
          answer: string;
          connector_id: string;
          expires_at: string;
          key_hash: string;
          step_name: string;
          workspace_id: string;
        };
        Insert: {
          answer: string;
          connector_id: string;
          expires_at: string;
          key_hash: string;
          step_name: string;
          workspace_id: string;
        };
        Update: {
          answer?: string;
          connector_id?: string;
          expires_at?: string;
          key_hash?: string;
          step_name?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'connector_step_cache_workspace_id_connector_id_fkey';
            columns: ['workspace_id', 'connector_id'];
            isOneToOne: false;
            referencedRelation: 'connectors';
            referencedColumns: ['workspace_id', 'id'];
          },
        ];
      };
      connector_step_runs: {
        Row: {
          attempt: number;
          duration_ms: number | null;
          error: Json | null;
          execution_id: string;
          fence: number;
          finished_at: string | null;
          finished_event: number | null;
          iteration: string;
          last_event: number | null;
          output: Json | null;
          request: Json | null;
          response: Json | null;
          resume_at: string | null;
          resume_state: string | null;
          settled: boolean;
          source: string | null;
          started_at: string;
          started_event: number;
          status: string;
          step_index: number;
          step_name: string;
          superseded: boolean;
          tolerated: boolean;
          workspace_id: string;
        };
        Insert: {
          attempt: number;
          duration_ms?: number | null;
          error?: Json | null;
          execution_id: string;
          fence: number;
          finished_at?: string | null;
          finished_event?: number | null;
          iteration?: string;
          last_event?: never;
          output?: Json | null;
          request?: Json | null;
          response?: Json | null;
          resume_at?: string | null;
          resume_state?: string | null;
          settled?: boolean;
          source?: string | null;
          started_at?: string;
          started_event?: number;
          status: string;
          step_index: number;
          step_name: string;
          superseded?: boolean;
          tolerated?: boolean;
          workspace_id: string;
        };
        Update: {
          attempt?: number;
          duration_ms?: number | null;
          error?: Json | null;
          execution_id?: string;
          fence?: number;
          finished_at?: string | null;
          finished_event?: number | null;
          iteration?: string;
          last_event?: never;
          output?: Json | null;
          request?: Json | null;
          response?: Json | null;
          resume_at?: string | null;
          resume_state?: string | null;
          settled?: boolean;
          source?: string | null;
          started_at?: string;
          started_event?: number;
          status?: string;
          step_index?: number;
          step_name?: string;
          superseded?: boolean;
          tolerated?: boolean;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'connector_step_runs_workspace_id_execution_id_fkey';
            columns: ['workspace_id', 'execution_id'];
            isOneToOne: false;
            referencedRelation: 'connector_executions';
            referencedColumns: ['workspace_id', 'id'];
          },
        ];
      };
      connector_templates: {
        Row: {
          category: string;
          created_at: string;
          created_by: string | null;
          current_version: number;
          description: string;
          id: string;
          install_count: number;
          is_featured: boolean;
          is_official: boolean;
          name: string;
          provider: string | null;
          rating_average: number | null;
          rating_count: number;
          rating_sum: number;
          revision: number;
          search: string | null;
          slug: string;
          status: string;
          updated_at: string;
        };
        Insert: {
          category?: string;
          created_at?: string;
          created_by?: string | null;
          current_version?: number;
          description?: string;
          id: string;
          install_count?: number;
          is_featured?: boolean;
          is_official?: boolean;
          name: string;
          provider?: string | null;
          rating_average?: never;
          rating_count?: number;
          rating_sum?: number;
          revision?: number;
          search?: never;
          slug: string;
          status?: string;
          updated_at?: string;
        };
        Update: {
          category?: string;
          created_at?: string;
          created_by?: string | null;
          current_version?: number;
          description?: string;
          id?: string;
          install_count?: number;
          is_featured?: boolean;
          is_official?: boolean;
          name?: string;
          provider?: string | null;
          rating_average?: never;
          rating_count?: number;
          rating_sum?: number;
          revision?: number;
          search?: never;
          slug?: string;
          status?: string;
          updated_at?: string;
        };
        Relationships: [
        ];
      };
      connector_versions: {
        Row: {
          connector_id: string;
          created_at: string;
          created_by: string | null;
          credential_services: string[];
          definition: NonNullable<Json>;
          version: number;
          workspace_id: string;
        };
        Insert: {
          connector_id: string;
          created_at?: string;
          created_by?: string | null;
          credential_services?: string[];
          definition: NonNullable<Json>;
          version: number;
          workspace_id: string;
        };
        Update: {
          connector_id?: string;
          created_at?: string;
          created_by?: string | null;
          credential_services?: string[];
          definition?: NonNullable<Json>;
          version?: number;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'connector_versions_workspace_id_connector_id_fkey';
            columns: ['workspace_id', 'connector_id'];
            isOneToOne: false;
            referencedRelation: 'connectors';
            referencedColumns: ['workspace_id', 'id'];
          },
        ];
      };
      connectors: {
        Row: {
          created_at: string;
          created_by: string | null;
          current_version: number;
          deleted_at: string | null;
          description: string;
          failure_count: number;
          id: string;
          last_executed_at: string | null;
          name: string;
          revision: number;
          success_count: number;
          template_id: string | null;
          template_version: number | null;
          updated_at: string;
          workspace_id: string;
        };
        Insert: {
          created_at?: string;
          created_by?: string | null;
          current_version?: number;
          deleted_at?: string | null;
          description?: string;
          failure_count?: number;
          id: string;
          last_executed_at?: string | null;
          name: string;
          revision?: number;
          success_count?: number;
          template_id?: string | null;
          template_version?: number | null;
          updated_at?: string;
          workspace_id: string;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          current_version?: number;
          deleted_at?: string | null;
          description?: string;
          failure_count?: number;
          id?: string;
          last_executed_at?: string | null;
          name?: string;
          revision?: number;
          success_count?: number;
          template_id?: string | null;
          template_version?: number | null;
          updated_at?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'connectors_current_version_fkey';
            columns: ['workspace_id', 'id', 'current_version'];
            isOneToOne: false;
            referencedRelation: 'connector_versions';
            referencedColumns: ['workspace_id', 'connector_id', 'version'];
          },
          {
            foreignKeyName: 'connectors_template_fkey';
            columns: ['template_id', 'template_version'];
            isOneToOne: false;
            referencedRelation: 'template_versions';
            referencedColumns: ['template_id', 'version'];
          },
          {
            foreignKeyName: 'connectors_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      contacts: {
        Row: {
          created_at: string;
          fields: NonNullable<Json>;
          id: string;
          last_execution_id: string | null;
          updated_at: string;
          workspace_id: string;
        };
        Insert: {
          created_at?: string;
          fields: NonNullable<Json>;
          id?: string;
          last_execution_id?: string | null;
          updated_at?: string;
          workspace_id: string;
        };
        Update: {
          created_at?: string;
          fields?: NonNullable<Json>;
          id?: string;
          last_execution_id?: string | null;
          updated_at?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'contacts_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'contacts_workspace_id_last_execution_id_fkey';
            columns: ['workspace_id', 'last_execution_id'];
            isOneToOne: false;
            referencedRelation: 'connector_executions';
            referencedColumns: ['workspace_id', 'id'];
          },
        ];
      };
      execution_day_rollups: {
        Row: {
          connector_id: string;
          day: string;
          duration_ms_max: number;
          duration_ms_sum: number;
          executions: number;
          workspace_id: string;
        };
        Insert: {
          connector_id: string;
          day: string;
          duration_ms_max?: number;
          duration_ms_sum?: number;
          executions?: number;
          workspace_id: string;
        };
        Update: {
          connector_id?: string;
          day?: string;
          duration_ms_max?: number;
          duration_ms_sum?: number;
          executions?: number;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'execution_day_rollups_workspace_id_connector_id_fkey';
            columns: ['workspace_id', 'connector_id'];
            isOneToOne: false;
            referencedRelation: 'connectors';
            referencedColumns: ['workspace_id', 'id'];
          },
          {
            foreignKeyName: 'execution_day_rollups_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      execution_rollups: {
        Row: {
          cancelled: number;
          connector_id: string;
          duration_ms_max: number;
          duration_ms_sum: number;
          failed: number;
          hour: string;
          succeeded: number;
          timed_out: number;
          workspace_id: string;
        };
        Insert: {
          cancelled?: number;
          connector_id: string;
          duration_ms_max?: number;
          duration_ms_sum?: number;
          failed?: number;
          hour: string;
          succeeded?: number;
          timed_out?: number;
          workspace_id: string;
        };
        Update: {
          cancelled?: number;
          connector_id?: string;
          duration_ms_max?: number;
          duration_ms_sum?: number;
          failed?: number;
          hour?: string;
          succeeded?: number;
          timed_out?: number;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'execution_rollups_workspace_id_connector_id_fkey';
            columns: ['workspace_id', 'connector_id'];
            isOneToOne: false;
            referencedRelation: 'connectors';
            referencedColumns: ['workspace_id', 'id'];
          },
          {
            foreignKeyName: 'execution_rollups_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      failure_rollups: {
        Row: {
          class: string;
          code: string;
          connector_id: string;
          failures: number;
          host: string;
          hour: string;
          template_id: string | null;
          workspace_id: string;
        };
        Insert: {
          class: string;
          code: string;
          connector_id: string;
          failures?: number;
          host?: string;
          hour: string;
          template_id?: string | null;
          workspace_id: string;
        };
        Update: {
          class?: string;
          code?: string;
          connector_id?: string;
          failures?: number;
          host?: string;
          hour?: string;
          template_id?: string | null;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'failure_rollups_workspace_id_connector_id_fkey';
            columns: ['workspace_id', 'connector_id'];
            isOneToOne: false;
            referencedRelation: 'connectors';
            referencedColumns: ['workspace_id', 'id'];
          },
          {
            foreignKeyName: 'failure_rollups_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      idempotency_keys: {
        Row: {
          actor_id: string;
          actor_type: string;
          answer: Json | null;
          as_saas_admin: boolean;
          authorized_in: string | null;
          authorized_rank: number;
          created_at: string;
          fingerprint: string;
          key: string;
        };
        Insert: {
          actor_id: string;
          actor_type: string;
          answer?: Json | null;
          as_saas_admin?: boolean;
          authorized_in?: string | null;
          authorized_rank?: number;
          created_at?: string;
          fingerprint: string;
          key: string;
        };
        Update: {
          actor_id?: string;
          actor_type?: string;
          answer?: Json | null;
          as_saas_admin?: boolean;
          authorized_in?: string | null;
          authorized_rank?: number;
          created_at?: string;
          fingerprint?: string;
          key?: string;
        };
        Relationships: [
        ];
      };
      platform_rollups: {
        Row: {
          cancelled: number;
          duration_ms_sum: number;
          failed: number;
          hour: string;
          shard: number;
          succeeded: number;
          timed_out: number;
          workspaces: number;
          workspaces_of_day: number;
        };
        Insert: {
          cancelled?: number;
          duration_ms_sum?: number;
          failed?: number;
          hour: string;
          shard: number;
          succeeded?: number;
          timed_out?: number;
          workspaces?: number;
          workspaces_of_day?: number;
        };
        Update: {
          cancelled?: number;
          duration_ms_sum?: number;
          failed?: number;
          hour?: string;
          shard?: number;
          succeeded?: number;
          timed_out?: number;
          workspaces?: number;
          workspaces_of_day?: number;
        };
        Relationships: [
        ];
      };
      saas_admin_users: {
        Row: {
          created_at: string;
          user_id: string;
        };
        Insert: {
          created_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          user_id?: string;
        };
        Relationships: [
        ];
      };
      template_installs: {
        Row: {
          connector_id: string;
          created_at: string;
          installed_by: string | null;
          template_id: string;
          template_version: number;
          workspace_id: string;
        };
        Insert: {
          connector_id: string;
          created_at?: string;
          installed_by?: string | null;
          template_id: string;
          template_version: number;
          workspace_id: string;
        };
        Update: {
          connector_id?: string;
          created_at?: string;
          installed_by?: string | null;
          template_id?: string;
          template_version?: number;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'template_installs_template_id_template_version_fkey';
            columns: ['template_id', 'template_version'];
            isOneToOne: false;
            referencedRelation: 'template_versions';
            referencedColumns: ['template_id', 'version'];
          },
          {
            foreignKeyName: 'template_installs_workspace_id_connector_id_fkey';
            columns: ['workspace_id', 'connector_id'];
            isOneToOne: true;
            referencedRelation: 'connectors';
            referencedColumns: ['workspace_id', 'id'];
          },
          {
            foreignKeyName: 'template_installs_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      template_ratings: {
        Row: {
          created_at: string;
          stars: number;
          template_id: string;
          updated_at: string;
          user_id: string;
          workspace_id: string;
        };
        Insert: {
          created_at?: string;
          stars: number;
          template_id: string;
          updated_at?: string;
          user_id?: string;
          workspace_id: string;
        };
        Update: {
          created_at?: string;
          stars?: number;
          template_id?: string;
          updated_at?: string;
          user_id?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'template_ratings_template_id_fkey';
            columns: ['template_id'];
            isOneToOne: false;
            referencedRelation: 'connector_templates';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'template_ratings_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      template_versions: {
        Row: {
          changes: string;
          created_at: string;
          created_by: string | null;
          credential_services: string[];
          definition: NonNullable<Json>;
          manifest: NonNullable<Json>;
          template_id: string;
          version: number;
        };
        Insert: {
          changes?: string;
          created_at?: string;
          created_by?: string | null;
          credential_services?: string[];
          definition: NonNullable<Json>;
          manifest?: NonNullable<Json>;
          template_id: string;
          version: number;
        };
        Update: {
          changes?: string;
          created_at?: string;
          created_by?: string | null;
          credential_services?: string[];
          definition?: NonNullable<Json>;
          manifest?: NonNullable<Json>;
          template_id?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'template_versions_template_id_fkey';
            columns: ['template_id'];
            isOneToOne: false;
            referencedRelation: 'connector_templates';
            referencedColumns: ['id'];
          },
        ];
      };
      token_buckets: {
        Row: {
          empty_until: string;
          key: string;
          turn_at: string;
          workspace_id: string;
        };
        Insert: {
          empty_until: string;
          key: string;
          turn_at: string;
          workspace_id: string;
        };
        Update: {
          empty_until?: string;
          key?: string;
          turn_at?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'token_buckets_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      workspace_api_credentials: {
        Row: {
          allowed_hosts: string[];
          base_url: string | null;
          ciphertext: string;
          created_at: string;
          created_by: string | null;
          expires_at: string | null;
          field_names: string[];
          id: string;
          key_id: string;
          last_test: Json | null;
          last_used_at: string | null;
          placement: Json | null;
          rate_limit: Json | null;
          revision: number;
          service_name: string;
          type: string;
          updated_at: string;
          workspace_id: string;
        };
        Insert: {
          allowed_hosts: string[];
          base_url?: string | null;
          ciphertext: string;
          created_at?: string;
          created_by?: string | null;
          expires_at?: string | null;
          field_names: string[];
          id: string;
          key_id: string;
          last_test?: Json | null;
          last_used_at?: string | null;
          placement?: Json | null;
          rate_limit?: Json | null;
          revision?: number;
          service_name: string;
          type: string;
          updated_at?: string;
          workspace_id: string;
        };
        Update: {
          allowed_hosts?: string[];
          base_url?: string | null;
          ciphertext?: string;
          created_at?: string;
          created_by?: string | null;
          expires_at?: string | null;
          field_names?: string[];
          id?: string;
          key_id?: string;
          last_test?: Json | null;
          last_used_at?: string | null;
          placement?: Json | null;
          rate_limit?: Json | null;
          revision?: number;
          service_name?: string;
          type?: string;
          updated_at?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'workspace_api_credentials_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      workspace_day_rollups: {
        Row: {
          day: string;
          executions: number;
          failures: number;
          workspace_id: string;
        };
        Insert: {
          day: string;
          executions?: number;
          failures?: number;
          workspace_id: string;
        };
        Update: {
          day?: string;
          executions?: number;
          failures?: number;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'workspace_day_rollups_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      workspace_members: {
        Row: {
          created_at: string;
          revision: number;
          role: string;
          updated_at: string;
          user_id: string;
          workspace_id: string;
        };
        Insert: {
          created_at?: string;
          revision?: number;
          role: string;
          updated_at?: string;
          user_id: string;
          workspace_id: string;
        };
        Update: {
          created_at?: string;
          revision?: number;
          role?: string;
          updated_at?: string;
          user_id?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'workspace_members_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      workspace_rollups: {
        Row: {
          executions: number;
          failures: number;
          hour: string;
          workspace_id: string;
        };
        Insert: {
          executions?: number;
          failures?: number;
          hour: string;
          workspace_id: string;
        };
        Update: {
          executions?: number;
          failures?: number;
          hour?: string;
          workspace_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'workspace_rollups_workspace_id_fkey';
            columns: ['workspace_id'];
            isOneToOne: false;
            referencedRelation: 'workspaces';
            referencedColumns: ['id'];
          },
        ];
      };
      workspaces: {
        Row: {
          created_at: string;
          created_by: string | null;
          id: string;
          name: string;
          retention_days: number | null;
          revision: number;
          updated_at: string;
        };
        Insert: {
          created_at?: string;
          created_by?: string | null;
          id: string;
          name: string;
          retention_days?: number | null;
          revision?: number;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          id?: string;
          name?: string;
          retention_days?: number | null;
          revision?: number;
          updated_at?: string;
        };
        Relationships: [
        ];
      };
    };
    Views: { [_ in never]: never };
    Functions: {
      accept_execution: {
        Args: {
          p_connector_id: string;
          p_id: string;
          p_input: Json;
          p_trigger: Json;
          p_version: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      accept_test_execution: {
        Args: {
          p_connector_id: string;
          p_id: string;
          p_input: Json;
          p_options: Json;
          p_version: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      add_member: {
        Args: {
          p_role: string;
          p_user_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      admin_add_admin: {
        Args: {
          p_user_id: string;
        };
        Returns: Json;
      };
      admin_audit_log: {
        Args: {
          p_after?: number;
          p_entity?: string;
          p_entity_id?: string;
          p_limit: number;
        };
        Returns: Json;
      };
      admin_failures: {
        Args: {
          p_by: string;
          p_from: string;
          p_limit: number;
          p_to: string;
        };
        Returns: Json;
      };
      admin_key_rotation: {
        Args: Record<PropertyKey, never>;
        Returns: Json;
      };
      admin_list_admins: {
        Args: Record<PropertyKey, never>;
        Returns: Json;
      };
      admin_recent_executions: {
        Args: {
          p_after?: string;
          p_limit: number;
          p_status?: string;
        };
        Returns: Json;
      };
      admin_remove_admin: {
        Args: {
          p_user_id: string;
        };
        Returns: undefined;
      };
      admin_slowest_connectors: {
        Args: {
          p_from: string;
          p_limit: number;
          p_to: string;
        };
        Returns: Json;
      };
      admin_stats: {
        Args: {
          p_bucket: string;
          p_from: string;
          p_to: string;
        };
        Returns: Json;
      };
      admin_workspaces: {
        Args: {
          p_after?: string;
          p_from: string;
          p_limit: number;
          p_to: string;
        };
        Returns: Json;
      };
      begin_batch_slice: {
        Args: {
          p_batch_id: string;
          p_lease_seconds: number;
          p_owner: string;
          p_turn: number;
        };
        Returns: Json;
      };
      call_idempotently: {
        Args: {
          p_args: Json;
          p_fingerprint: string;
          p_fn: string;
          p_key: string;
        };
        Returns: Json;
      };
      cancel_batch: {
        Args: {
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      cancel_execution: {
        Args: {
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      change_member: {
        Args: {
          p_expected_revision?: number;
          p_role: string;
          p_user_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      check_credential: {
        Args: {
          p_service_name: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      claim_batch_executions: {
        Args: {
          p_batch_id: string;
          p_lease_seconds: number;
          p_limit: number;
          p_owner: string;
        };
        Returns: Json;
      };
      claim_execution: {
        Args: {
          p_id: string;
          p_lease_seconds: number;
          p_owner: string;
        };
        Returns: Json;
      };
      claim_probe: {
        Args: {
          p_again_ms: number;
          p_credential_id: string;
          p_host: string;
          p_lease_ms: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      close_circuit: {
        Args: {
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      connector_stats: {
        Args: {
          p_connector_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      create_api_key: {
        Args: {
          p_api_key: Json;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      create_batch: {
        Args: {
          p_connector_id: string;
          p_id: string;
          p_item_ids: string[];
          p_items: string;
          p_version: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      create_connector: {
        Args: {
          p_credential_services: string[];
          p_definition: Json;
          p_description: string;
          p_id: string;
          p_name: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      create_template: {
        Args: {
          p_id: string;
          p_template: Json;
          p_version: Json;
        };
        Returns: Json;
      };
      create_workspace: {
        Args: {
          p_id: string;
          p_name: string;
        };
        Returns: Json;
      };
      dead_letter_summary: {
        Args: {
          p_workspace_id: string;
        };
        Returns: Json;
      };
      delete_connector: {
        Args: {
          p_expected_revision?: number;
          p_id: string;
          p_workspace_id: string;
        };
        Returns: undefined;
      };
      delete_credential: {
        Args: {
          p_expected_revision?: number;
          p_force?: boolean;
          p_service_name: string;
          p_workspace_id: string;
        };
        Returns: undefined;
      };
      delete_template: {
        Args: {
          p_id: string;
        };
        Returns: undefined;
      };
      delete_workspace: {
        Args: {
          p_expected_revision?: number;
          p_workspace_id: string;
        };
        Returns: undefined;
      };
      dismiss_dead_letter: {
        Args: {
          p_dismissed: boolean;
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      end_batch_slice: {
        Args: {
          p_batch_id: string;
          p_owner: string;
        };
        Returns: Json;
      };
      execution_events: {
        Args: {
          p_after?: number;
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      export_connectors: {
        Args: {
          p_after?: string;
          p_limit: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      finish_execution: {
        Args: {
          p_contact: Json;
          p_error: Json;
          p_fence: number;
          p_id: string;
          p_output: Json;
          p_status: string;
        };
        Returns: Json;
      };
      forget_executions: {
        Args: {
          p_limit: number;
        };
        Returns: number;
      };
      forget_guard_state: {
        Args: {
          p_limit: number;
        };
        Returns: number;
      };
      forget_idempotency_keys: {
        Args: {
          p_limit: number;
        };
        Returns: number;
      };
      forget_step_cache: {
        Args: {
          p_limit: number;
        };
        Returns: number;
      };
      get_batch: {
        Args: {
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      get_batch_items: {
        Args: {
          p_after?: number;
          p_id: string;
          p_limit: number;
          p_status?: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      get_connector: {
        Args: {
          p_at_least?: string;
          p_connector_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      get_credential: {
        Args: {
          p_at_least?: string;
          p_service_name: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      get_execution: {
        Args: {
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      get_execution_source: {
        Args: {
          p_id: string;
          p_newest: boolean;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      get_step_runs: {
        Args: {
          p_after?: Json;
          p_id: string;
          p_limit: number;
          p_step?: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      get_template: {
        Args: {
          p_template: string;
          p_version?: number;
        };
        Returns: Json;
      };
      get_template_update: {
        Args: {
          p_at_least?: string;
          p_connector_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      get_workspace: {
        Args: {
          p_workspace_id: string;
        };
        Returns: Json;
      };
      import_connectors: {
        Args: {
          p_connectors: Json;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      increment_connector_failure: {
        Args: {
          connector_id: string;
        };
        Returns: undefined;
      };
      increment_connector_success: {
        Args: {
          connector_id: string;
        };
        Returns: undefined;
      };
      install_template: {
        Args: {
          p_connector_id: string;
          p_name: string;
          p_template_id: string;
          p_version: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_api_keys: {
        Args: {
          p_after?: string;
          p_limit: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_audit_log: {
        Args: {
          p_after?: number;
          p_entity?: string;
          p_entity_id?: string;
          p_limit: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_batches: {
        Args: {
          p_after?: string;
          p_connector_id?: string;
          p_limit: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_circuits: {
        Args: {
          p_after?: string;
          p_limit: number;
          p_state?: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_connectors: {
        Args: {
          p_after?: string;
          p_limit: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_credentials: {
        Args: {
          p_after?: string;
          p_limit: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_dead_letters: {
        Args: {
          p_after?: string;
          p_connector_id?: string;
          p_error_class?: string;
          p_limit: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_executions: {
        Args: {
          p_after?: string;
          p_batch_id?: string;
          p_connector_id?: string;
          p_created_after?: string;
          p_created_before?: string;
          p_error_class?: string;
          p_limit: number;
          p_parent_id?: string;
          p_replay_of?: string;
          p_status?: string;
          p_trigger_type?: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_members: {
        Args: {
          p_after?: string;
          p_limit: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      list_outdated_credentials: {
        Args: {
          p_after?: string;
          p_limit: number;
          p_newest_key_id: string;
        };
        Returns: Json;
      };
      list_template_versions: {
        Args: {
          p_after?: number;
          p_limit: number;
          p_template_id: string;
        };
        Returns: Json;
      };
      list_templates: {
        Args: {
          p_after?: Json;
          p_category?: string;
          p_featured?: boolean;
          p_limit: number;
          p_official?: boolean;
          p_provider?: string;
          p_search?: string;
          p_sort?: string;
          p_status?: string;
        };
        Returns: Json;
      };
      list_workspaces: {
        Args: {
          p_after?: string;
          p_limit: number;
        };
        Returns: Json;
      };
      me: {
        Args: Record<PropertyKey, never>;
        Returns: Json;
      };
      note_api_key_use: {
        Args: Record<PropertyKey, never>;
        Returns: undefined;
      };
      open_credential: {
        Args: {
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      park_execution: {
        Args: {
          p_fence: number;
          p_id: string;
          p_resume_at: string;
        };
        Returns: Json;
      };
      rate_template: {
        Args: {
          p_stars: number;
          p_template_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      read_circuits: {
        Args: {
          p_workspace_id: string;
        };
        Returns: Json;
      };
      read_step_cache: {
        Args: {
          p_connector_id: string;
          p_key_hash: string;
          p_step_name: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      record_credential_test: {
        Args: {
          p_id: string;
          p_test: Json;
          p_workspace_id: string;
        };
        Returns: undefined;
      };
      redrive_batch: {
        Args: {
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      redrive_execution: {
        Args: {
          p_id: string;
          p_version?: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      redrive_executions: {
        Args: {
          p_filter: Json;
          p_limit: number;
          p_newest: boolean;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      release_lease: {
        Args: {
          p_fence: number;
          p_id: string;
        };
        Returns: undefined;
      };
      remove_member: {
        Args: {
          p_expected_revision?: number;
          p_user_id: string;
          p_workspace_id: string;
        };
        Returns: undefined;
      };
      renew_batch_slice: {
        Args: {
          p_batch_id: string;
          p_lease_seconds: number;
          p_owner: string;
        };
        Returns: boolean;
      };
      renew_lease: {
        Args: {
          p_fence: number;
          p_id: string;
          p_lease_seconds: number;
        };
        Returns: Json;
      };
      replace_ciphertexts: {
        Args: {
          p_replacements: Json;
        };
        Returns: number;
      };
      replay_execution: {
        Args: {
          p_id: string;
          p_input: Json;
          p_new_id: string;
          p_version: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      report_call: {
        Args: {
          p_credential_id: string;
          p_failed: boolean;
          p_host: string;
          p_new_id: string;
          p_probe: number;
          p_rules: Json;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      require_connectors: {
        Args: {
          p_ids: string[];
          p_workspace_id: string;
        };
        Returns: Json;
      };
      resolve_workspace: {
        Args: {
          p_at_least?: string;
          p_workspace_id: string;
        };
        Returns: string;
      };
      revoke_api_key: {
        Args: {
          p_id: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      start_child_execution: {
        Args: {
          p_child_id: string;
          p_connector_id: string;
          p_fence: number;
          p_id: string;
          p_input: Json;
          p_iteration: string;
          p_step_name: string;
        };
        Returns: Json;
      };
      store_credential: {
        Args: {
          p_credential: Json;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      sweep_batches: {
        Args: {
          p_limit: number;
          p_older_than_seconds: number;
        };
        Returns: Json;
      };
      sweep_executions: {
        Args: {
          p_limit: number;
          p_max_claims: number;
          p_older_than_seconds: number;
        };
        Returns: Json;
      };
      take_tokens: {
        Args: {
          p_buckets: Json;
          p_longest_turn_ms: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      update_connector: {
        Args: {
          p_credential_services: string[];
          p_definition: Json;
          p_description: string;
          p_expected_revision: number;
          p_id: string;
          p_name: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      update_credential: {
        Args: {
          p_changes: Json;
          p_expected_revision: number;
          p_id: string;
          p_service_name: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      update_template: {
        Args: {
          p_expected_revision: number;
          p_id: string;
          p_template: Json;
          p_version: Json;
        };
        Returns: Json;
      };
      update_workspace: {
        Args: {
          p_changes: Json;
          p_expected_revision?: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      upgrade_connector: {
        Args: {
          p_credential_services: string[];
          p_definition: Json;
          p_expected_revision: number;
          p_id: string;
          p_template_version: number;
          p_workspace_id: string;
        };
        Returns: Json;
      };
      write_step_cache: {
        Args: {
          p_answer: string;
          p_connector_id: string;
          p_key_hash: string;
          p_step_name: string;
          p_ttl_seconds: number;
          p_workspace_id: string;
        };
        Returns: undefined;
      };
      write_step_runs: {
        Args: {
          p_fence: number;
          p_id: string;
          p_lease_seconds: number;
          p_writes: Json;
        };
        Returns: Json;
      };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: { [_ in never]: never };
  };
};
