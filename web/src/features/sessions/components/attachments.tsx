import { X } from 'lucide-react';
import { IconButton } from '@/components/ui/button';
import { type Image, imageName } from '../images';
import type { Upload } from '../uploads';
import { Thumbnail } from './image-strip';

interface Props {
  images: readonly Image[];
  running: readonly Upload[];
  onRemove: (id: string) => void;
  onStop: (key: number) => void;
}

/** The images that go with the message, and those that are still on their way to the server. */
export function Attachments({ images, running, onRemove, onStop }: Props) {
  if (images.length + running.length === 0) return null;
  const count = images.length + running.length;
  return (
    <ul aria-label="Images of this message" className="flex flex-wrap gap-2 px-3 pt-3">
      {images.map((image, index) => {
        const name = imageName(image, index + 1, count);
        return (
          <li key={image.id} aria-label={name} className={chip} data-testid="attachment">
            <Thumbnail id={image.id} className="size-14 object-cover" />
            <Remove label={`Remove ${name}`} onClick={() => onRemove(image.id)} />
          </li>
        );
      })}
      {running.map(({ key, name, url, part }) => (
        <li key={`up-${key}`} aria-label={`${name}, being sent`} className={chip}>
          <img src={url} alt="" className="size-14 object-cover opacity-50" />
          <progress
            aria-label={`Sending ${name}`}
            value={part}
            max={1}
            className="absolute inset-x-1 bottom-1 h-1 w-12 accent-accent"
          />
          <Remove label={`Stop sending ${name}`} onClick={() => onStop(key)} />
        </li>
      ))}
    </ul>
  );
}

const chip = 'relative size-14 rounded-lg border border-line bg-sunken [&>img]:rounded-lg';

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <IconButton
      label={label}
      onClick={onClick}
      className="absolute -top-2 -right-2 size-5 rounded-full border border-line-strong bg-raised pointer-coarse:size-11"
    >
      <X aria-hidden className="size-3" />
    </IconButton>
  );
}
