import { useOutletContext } from 'react-router';
import type { Shell } from './use-shell';

/** What the frame has for the pages in it. The rows come by useProject and useSession. */
export const usePage = () => useOutletContext<Shell>();
