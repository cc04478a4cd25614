import { Link } from 'react-router';

export function Wordmark() {
  return (
    <Link
      to="/"
      className="hit flex items-center gap-2 rounded-md text-[0.9375rem] font-semibold tracking-tight"
    >
      <svg aria-hidden viewBox="0 0 32 32" className="size-5">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <path
          d="M8 22V11.5L16 19l8-7.5V22"
          fill="none"
          stroke="#fff"
          strokeWidth="3"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      muster
    </Link>
  );
}
