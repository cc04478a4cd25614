import { Dialog } from '@/components/ui/dialog';
import { imageUrl } from '../images';

interface Props {
  id: string;
  /** What the image is, as far as that is known. */
  title: string;
  onClose: () => void;
}

export default function ImageDialog({ id, title, onClose }: Props) {
  return (
    <Dialog open wide onOpenChange={onClose} title={title}>
      <img
        src={imageUrl(id)}
        alt={title}
        className="mx-auto mt-3 max-h-[74vh] max-w-full rounded-lg border border-line bg-sunken object-contain"
      />
      <p className="mt-2 text-center text-[13px]">
        <a
          href={imageUrl(id)}
          target="_blank"
          rel="noreferrer"
          className="text-accent-text underline underline-offset-2"
        >
          Open in a tab of its own
        </a>
      </p>
    </Dialog>
  );
}
