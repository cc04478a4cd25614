import { useQueryClient } from '@tanstack/react-query';
import { Dialog } from '@/components/ui/dialog';
import type { ProjectResponse, ProjectWithSessions } from '@/shared/websocket';
import { useProjects } from '../queries';
import { AddProjectForm } from './add-project-form';

const none: ProjectWithSessions[] = [];

interface Props {
  onClose: () => void;
  onAdded: (project: ProjectResponse) => void;
}

export default function AddProjectDialog({ onClose, onAdded }: Props) {
  const { data: projects = none } = useProjects(useQueryClient());
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
