/** Keys of what topic `projects` keeps current. */
export const projectKeys = {
  all: ['projects'] as const,
  /** Every project with its sessions: `ProjectWithSessions[]`. */
  withSessions: () => [...projectKeys.all, 'with-sessions'] as const,
  /** How far that list is known to be complete: `SyncState`. */
  syncState: () => [...projectKeys.all, 'sync-state'] as const,
};
