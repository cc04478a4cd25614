import { countOf, recordsOf, textOf } from '@/lib/unknown';
import { type AgentResponse, Limits, Routes } from '@/shared/websocket/generated';

/** An image that the server has. */
export interface Image {
  id: string;
  type: string;
  bytes: number;
}

/** What a file has to be; the server looks again. */
export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];

export const imageUrl = (id: string) => Routes.get_image.path.replace(':id', id);

/** The images of a record or of a draft; what names none is left out. */
export function imagesOf(value: unknown): Image[] {
  return recordsOf(value).flatMap(({ id, type, bytes }) =>
    /^[0-9a-f]{64}$/.test(textOf(id))
      ? [{ id: textOf(id), type: textOf(type), bytes: countOf(bytes) ?? 0 }]
      : [],
  );
}

export interface Candidate {
  name: string;
  type: string;
  size: number;
}

/** Why a file does not go with a message that has `already` images; null: it does. */
export function imageRefusal({ name, type, size }: Candidate, already: number): string | null {
  const what = name || 'The file';
  if (!IMAGE_TYPES.includes(type)) return `${what} is not a PNG, JPEG, WebP or GIF image.`;
  if (size === 0) return `${what} is empty.`;
  if (size > Limits.IMAGE_BYTES)
    return `${what} has ${sizeText(size)}; an image may have ${sizeText(Limits.IMAGE_BYTES)}.`;
  if (already >= Limits.IMAGES_PER_PROMPT)
    return `${what} was left out: a message takes ${Limits.IMAGES_PER_PROMPT} images.`;
  return null;
}

/** "812 B", "4.1 kB", "10 MB" (of 1024). */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [value, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'kB'] : [bytes / 1024 ** 2, 'MB'];
  return `${value.toFixed(value < 10 ? 1 : value % 1 === 0 ? 0 : 1).replace(/\.0$/, '')} ${unit}`;
}

/** "Image 2 of 3, PNG, 4 kB": what a screen reader says of one. */
export function imageName({ type, bytes }: Image, place: number, count: number): string {
  const kind = type.replace(/^image\//, '').toUpperCase();
  const parts = [count > 1 ? `Image ${place} of ${count}` : 'Image', kind];
  return [...parts, bytes > 0 ? sizeText(bytes) : ''].filter((part) => part !== '').join(', ');
}

/** Why images do not go to this agent; null: they do. */
export function noImagesText(agent: AgentResponse | undefined): string | null {
  if (!agent) return 'Whether this agent takes images is not known yet.';
  return agent.takes_images ? null : `${agent.name} takes no images.`;
}
