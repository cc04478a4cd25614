import { Dialog } from '@/components/ui/dialog';
import type { ProjectResponse } from '@/shared/websocket';
import { useProjects } from '../queries';
import { AddProjectForm } from './add-project-form';

interface Props {
  onClose: () => void;
  onAdded: (project: ProjectResponse) => void;
}

export default function AddProjectDialog({ onClose, onAdded }: Props) {
  const projects = useProjects();
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
