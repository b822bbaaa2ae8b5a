// Generated from supabase/migrations by scripts/generate/database-types.ts. Do not edit: change a migration, run
// `npm run generate`, and commit both. A test fails when this file and the migrations disagree.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      audit_log: {
        Row: {
          action: string;
          actor_id: string | null;
          after: Json | null;
          before: Json | null;
          created_at: string;
          entity: string;
          entity_id: string;
          id: number;
          workspace_id: string;
        };
        Insert: {
          action: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          created_at?: string;
          entity: string;
          entity_id: string;
          id?: never;
          workspace_id: string;
        };
        Update: {
          action?: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          created_at?: string;
          entity?: string;
          entity_id?: string;
          id?: never;
          workspace_id?: string;
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
      connector_executions: {
        Row: {
          cancel_requested_at: string | null;
          connector_id: string;
          connector_version: number;
          created_at: string;
          created_by: string | null;
          error: Json | null;
          fence: number;
          finished_at: string | null;
          id: string;
          input: NonNullable<Json>;
          lease_expires_at: string | null;
          lease_owner: string | null;
          output: Json | null;
          started_at: string | null;
          status: string;
          trigger: NonNullable<Json>;
          workspace_id: string;
        };
        Insert: {
          cancel_requested_at?: string | null;
          connector_id: string;
          connector_version: number;
          created_at?: string;
          created_by?: string | null;
          error?: Json | null;
          fence?: number;
          finished_at?: string | null;
          id: string;
          input: NonNullable<Json>;
          lease_expires_at?: string | null;
          lease_owner?: string | null;
          output?: Json | null;
          started_at?: string | null;
          status?: string;
          trigger?: NonNullable<Json>;
          workspace_id: string;
        };
        Update: {
          cancel_requested_at?: string | null;
          connector_id?: string;
          connector_version?: number;
          created_at?: string;
          created_by?: string | null;
          error?: Json | null;
          fence?: number;
          finished_at?: string | null;
          id?: string;
          input?: NonNullable<Json>;
          lease_expires_at?: string | null;
          lease_owner?: string | null;
          output?: Json | null;
          started_at?: string | null;
          status?: string;
          trigger?: NonNullable<Json>;
          workspace_id?: string;
        };
        Relationships: [
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
      connector_step_runs: {
        Row: {
          attempt: number;
          duration_ms: number | null;
          error: Json | null;
          execution_id: string;
          fence: number;
          finished_at: string | null;
          output: Json | null;
          request: Json | null;
          response: Json | null;
          resume_state: string | null;
          started_at: string;
          status: string;
          step_index: number;
          step_name: string;
          workspace_id: string;
        };
        Insert: {
          attempt: number;
          duration_ms?: number | null;
          error?: Json | null;
          execution_id: string;
          fence: number;
          finished_at?: string | null;
          output?: Json | null;
          request?: Json | null;
          response?: Json | null;
          resume_state?: string | null;
          started_at?: string;
          status: string;
          step_index: number;
          step_name: string;
          workspace_id: string;
        };
        Update: {
          attempt?: number;
          duration_ms?: number | null;
          error?: Json | null;
          execution_id?: string;
          fence?: number;
          finished_at?: string | null;
          output?: Json | null;
          request?: Json | null;
          response?: Json | null;
          resume_state?: string | null;
          started_at?: string;
          status?: string;
          step_index?: number;
          step_name?: string;
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
          rating_count: number;
          rating_sum: number;
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
          rating_count?: number;
          rating_sum?: number;
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
          rating_count?: number;
          rating_sum?: number;
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
          created_at: string;
          created_by: string | null;
          definition: NonNullable<Json>;
          template_id: string;
          version: number;
        };
        Insert: {
          created_at?: string;
          created_by?: string | null;
          definition: NonNullable<Json>;
          template_id: string;
          version: number;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          definition?: NonNullable<Json>;
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
      workspace_api_credentials: {
        Row: {
          allowed_hosts: string[];
          ciphertext: string;
          created_at: string;
          created_by: string | null;
          field_names: string[];
          id: string;
          key_id: string;
          last_used_at: string | null;
          placement: Json | null;
          service_name: string;
          type: string;
          updated_at: string;
          workspace_id: string;
        };
        Insert: {
          allowed_hosts: string[];
          ciphertext: string;
          created_at?: string;
          created_by?: string | null;
          field_names: string[];
          id: string;
          key_id: string;
          last_used_at?: string | null;
          placement?: Json | null;
          service_name: string;
          type: string;
          updated_at?: string;
          workspace_id: string;
        };
        Update: {
          allowed_hosts?: string[];
          ciphertext?: string;
          created_at?: string;
          created_by?: string | null;
          field_names?: string[];
          id?: string;
          key_id?: string;
          last_used_at?: string | null;
          placement?: Json | null;
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
      workspace_members: {
        Row: {
          created_at: string;
          role: string;
          updated_at: string;
          user_id: string;
          workspace_id: string;
        };
        Insert: {
          created_at?: string;
          role: string;
          updated_at?: string;
          user_id: string;
          workspace_id: string;
        };
        Update: {
          created_at?: string;
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
      workspaces: {
        Row: {
          created_at: string;
          created_by: string | null;
          id: string;
          name: string;
          updated_at: string;
        };
        Insert: {
          created_at?: string;
          created_by?: string | null;
          id: string;
          name: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          id?: string;
          name?: string;
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
      add_member: {
        Args: {
          p_role: string;
          p_user_id: string;
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
      claim_execution: {
        Args: {
          p_id: string;
          p_lease_seconds: number;
          p_owner: string;
        };
        Returns: Json;
      };
      commit_step_run: {
        Args: {
          p_attempt: number;
          p_duration_ms: number;
          p_error: Json;
          p_fence: number;
          p_id: string;
          p_lease_seconds: number;
          p_output: Json;
          p_request: Json;
          p_response: Json;
          p_resume_state: string;
          p_status: string;
          p_step_index: number;
          p_step_name: string;
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
      create_workspace: {
        Args: {
          p_id: string;
          p_name: string;
        };
        Returns: Json;
      };
      delete_connector: {
        Args: {
          p_id: string;
          p_workspace_id: string;
        };
        Returns: undefined;
      };
      delete_credential: {
        Args: {
          p_service_name: string;
          p_workspace_id: string;
        };
        Returns: undefined;
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
      get_connector: {
        Args: {
          p_at_least?: string;
          p_connector_id: string;
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
      list_executions: {
        Args: {
          p_after?: string;
          p_connector_id?: string;
          p_limit: number;
          p_status?: string;
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
      release_lease: {
        Args: {
          p_fence: number;
          p_id: string;
        };
        Returns: undefined;
      };
      remove_member: {
        Args: {
          p_user_id: string;
          p_workspace_id: string;
        };
        Returns: undefined;
      };
      renew_lease: {
        Args: {
          p_fence: number;
          p_id: string;
          p_lease_seconds: number;
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
      start_step_run: {
        Args: {
          p_attempt: number;
          p_fence: number;
          p_id: string;
          p_lease_seconds: number;
          p_request: Json;
          p_step_index: number;
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
      sweep_executions: {
        Args: {
          p_limit: number;
          p_max_claims: number;
          p_older_than_seconds: number;
        };
        Returns: Json;
      };
      update_connector: {
        Args: {
          p_credential_services: string[];
          p_definition: Json;
          p_description: string;
          p_expected_version: number;
          p_id: string;
          p_name: string;
          p_workspace_id: string;
        };
        Returns: Json;
      };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: { [_ in never]: never };
  };
};
