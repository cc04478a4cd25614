import type { ComponentProps } from 'react';
import { cn } from '@/lib/cn';

const looks = {
  primary: 'bg-accent text-accent-ink hover:bg-accent-hover disabled:bg-accent/50',
  secondary: 'border border-line-strong bg-raised text-ink hover:bg-hover',
  ghost: 'text-ink-2 hover:bg-hover hover:text-ink',
  danger: 'bg-danger text-white dark:text-black hover:brightness-110',
};
const sizes = { sm: 'h-7 px-2.5 text-ui', md: 'h-8 px-3 text-ui' };

interface Props extends ComponentProps<'button'> {
  look?: keyof typeof looks;
  size?: keyof typeof sizes;
}

export function Button({ look = 'secondary', size = 'md', className, ...rest }: Props) {
  return (
    <button
      type="button"
      className={cn(
        'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors pointer-coarse:min-h-11 pointer-coarse:min-w-11 disabled:opacity-60',
        looks[look],
        sizes[size],
        className,
      )}
      {...rest}
    />
  );
}

interface IconProps extends ComponentProps<'button'> {
  /** What it does: its name for a screen reader, and its tooltip. */
  label: string;
}

export function IconButton({ label, className, ...rest }: IconProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cn(
        'inline-flex shrink-0 items-center justify-center rounded-md text-ink-3 transition-colors hover:bg-hover hover:text-ink disabled:opacity-50',
        className ?? 'size-7 pointer-coarse:size-11',
      )}
      {...rest}
    />
  );
}
