import { Dialog } from '@/components/ui/dialog';
import { ShortcutList } from '@/components/ui/shortcut-list';

export default function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onOpenChange={onClose} title="Keyboard shortcuts">
      <ShortcutList />
    </Dialog>
  );
}
