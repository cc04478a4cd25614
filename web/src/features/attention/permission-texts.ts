import type { Permission } from './notifications';

export const blockedText =
  'This browser blocks notifications of this page. Allow them by the icon left of the address, under “Notifications”, then come back.';

/** Why there are no notifications and what to do; '' where there are, or where one has only to ask. */
export const problemTexts: Record<Permission, string> = {
  granted: '',
  default: '',
  denied: blockedText,
  insecure:
    'Browsers show notifications only for pages on HTTPS or localhost. Put a proxy that speaks TLS before muster, or open it by a tunnel to localhost.',
  unsupported:
    'This browser has no notifications for web pages. On a phone, add muster to the home screen first.',
};
