export const PAGE_ID = 'page';

/** The first stop of the Tab key: past the sidebar. */
export function SkipLink() {
  return (
    <a
      href={`#${PAGE_ID}`}
      onClick={(event) => {
        event.preventDefault();
        document.getElementById(PAGE_ID)?.focus();
      }}
      className="sr-only rounded-md bg-raised px-3 py-2 text-ui font-medium shadow-float focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
    >
      Skip to the page
    </a>
  );
}
