import { ImagePlus } from 'lucide-react';
import { useRef } from 'react';
import { IconButton } from '@/components/ui/button';
import { IMAGE_TYPES } from '../images';

/** Chooses images from the machine; they can be pasted and dropped as well. */
export function ImageButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="image-input"
        accept={IMAGE_TYPES.join(',')}
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          target.value = '';
        }}
      />
      <IconButton
        label="Add images"
        className="size-8 pointer-coarse:size-11"
        onClick={() => input.current?.click()}
      >
        <ImagePlus aria-hidden className="size-4" />
      </IconButton>
    </>
  );
}
