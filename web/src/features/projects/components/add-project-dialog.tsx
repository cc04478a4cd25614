import { Dialog } from '@/components/ui/dialog';
import type { ProjectResponse, ProjectWithSessions } from '@/shared/websocket';
import { AddProjectForm } from './add-project-form';

interface Props {
  projects: readonly ProjectWithSessions[];
  onClose: () => void;
  onAdded: (project: ProjectResponse) => void;
}

export default function AddProjectDialog({ projects, onClose, onAdded }: Props) {
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Add a project"
      description="A directory on the machine where muster runs. Agents work in it."
    >
      <AddProjectForm projects={projects} onAdded={onAdded} onCancel={onClose} />
    </Dialog>
  );
}
