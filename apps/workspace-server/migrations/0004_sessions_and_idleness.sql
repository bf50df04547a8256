-- When the saved session of an agent was last given up, and when a workspace last had a task.

alter table workspaces add column session_reset_at timestamptz;
alter table workspace_vitals add column last_task_at timestamptz;
