import { ChevronLeft, ChevronRight } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { IconButton } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { type Image, imageName, imageUrl } from '../images';

interface Props {
  images: readonly Image[];
  /** The one that is shown first. */
  first: number;
  onClose: () => void;
}

/** Images large, one at a time; the arrow keys lead to the others. */
export default function ImageDialog({ images, first, onClose }: Props) {
  const [at, setAt] = useState(first);
  const image = images[at];
  if (!image) return null;
  const title = imageName(image, at + 1, images.length);
  const go = (by: number) => setAt((at + by + images.length) % images.length);
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (images.length > 1 && key === 'ArrowLeft') go(-1);
    if (images.length > 1 && key === 'ArrowRight') go(1);
  };
  return (
    <Dialog open wide onOpenChange={onClose} title={title}>
      <div onKeyDown={onKeyDown}>
        <img
          src={imageUrl(image.id)}
          alt={title}
          className="mx-auto mt-3 max-h-[74vh] max-w-full rounded-lg border border-line bg-sunken object-contain"
        />
        <p className="mt-2 flex items-center justify-center gap-2 text-ui">
          {images.length > 1 && (
            <IconButton label="Previous image" onClick={() => go(-1)}>
              <ChevronLeft aria-hidden className="size-4" />
            </IconButton>
          )}
          <a
            href={imageUrl(image.id)}
            target="_blank"
            rel="noreferrer"
            className="text-accent-text underline underline-offset-2"
          >
            Open in a tab of its own
          </a>
          {images.length > 1 && (
            <IconButton label="Next image" onClick={() => go(1)}>
              <ChevronRight aria-hidden className="size-4" />
            </IconButton>
          )}
        </p>
      </div>
    </Dialog>
  );
}
