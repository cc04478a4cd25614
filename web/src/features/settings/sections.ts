import { Bell, Bot, Info, Keyboard, KeyRound, type LucideIcon, Palette } from 'lucide-react';

export interface Section {
  /** The end of its address. */
  id: string;
  name: string;
  icon: LucideIcon;
}

export const sections = [
  { id: 'agents', name: 'Agents', icon: Bot },
  { id: 'notifications', name: 'Notifications', icon: Bell },
  { id: 'appearance', name: 'Appearance', icon: Palette },
  { id: 'access', name: 'Access', icon: KeyRound },
  { id: 'shortcuts', name: 'Keyboard shortcuts', icon: Keyboard },
  { id: 'about', name: 'About', icon: Info },
] as const satisfies readonly Section[];

export type SectionId = (typeof sections)[number]['id'];
