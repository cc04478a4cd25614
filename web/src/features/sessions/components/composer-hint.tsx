interface Props {
  /** What concerns what is typed, or was just pressed. */
  notice: string;
  tip?: string | undefined;
}

/** One short line beside Send; what is new in it is spoken. */
export function ComposerHint({ notice, tip = 'Shift+Enter for a new line' }: Props) {
  return (
    <>
      <span
        role="status"
        data-testid="composer-notice"
        className="text-right text-tiny text-ink-2 empty:hidden"
      >
        {notice}
      </span>
      {notice === '' && (
        <span className="hidden text-tiny text-ink-3 sm:block pointer-coarse:hidden">{tip}</span>
      )}
    </>
  );
}
