import { Suspense, useState } from 'react';
import { cn } from '@/lib/cn';
import { lazyPart } from '@/lib/part';
import { type Image, imageName, imageUrl } from '../images';

const ImageDialog = lazyPart(() => import('./image-dialog'));

interface Props {
  images: readonly Image[];
  className?: string;
}

/** Images as thumbnails; a click shows one large. */
export function ImageStrip({ images, className }: Props) {
  const [open, setOpen] = useState<number | null>(null);
  if (images.length === 0) return null;
  const name = (index: number) => {
    const image = images[index];
    return image ? imageName(image, index + 1, images.length) : '';
  };
  return (
    <>
      <ul aria-label="Images" className={cn('flex flex-wrap gap-1.5', className)}>
        {images.map((image, index) => (
          <li key={index}>
            <button
              type="button"
              aria-label={`${name(index)}: show it large`}
              onClick={() => setOpen(index)}
              className="block overflow-hidden rounded-lg border border-line bg-sunken hover:border-line-strong"
            >
              <Thumbnail id={image.id} className="h-20 max-w-40 min-w-12 object-cover" />
            </button>
          </li>
        ))}
      </ul>
      {open !== null && images[open] && (
        <Suspense fallback={null}>
          <ImageDialog images={images} first={open} onClose={() => setOpen(null)} />
        </Suspense>
      )}
    </>
  );
}

/** Its name is said by what it stands in. */
export function Thumbnail({ id, className }: { id: string; className?: string }) {
  const [failed, setFailed] = useState(false);
  if (failed) {
    return (
      <span className="grid h-full min-h-8 place-items-center px-2 text-tiny text-ink-3">
        Not there
      </span>
    );
  }
  return (
    <img
      src={imageUrl(id)}
      alt=""
      loading="lazy"
      decoding="async"
      onError={() => setFailed(true)}
      className={cn('block', className)}
    />
  );
}
