import { MenuLabel, MenuRadioGroup, MenuRadioItem } from '@/components/ui/menu';
import { type Level, levels } from '../settings';
import { attentionStore, useAttentionStore } from '../settings-store';

const names: Record<Level, string> = {
  default: 'As in the settings',
  all: 'Everything',
  needs_you: 'Only when it needs you',
  none: 'Nothing (mute)',
};

/** For a session's menu: what of it may interrupt in this browser. */
export function AttentionMenuItems({ sessionId }: { sessionId: string }) {
  const store = useAttentionStore();
  const level = store.levels.get(sessionId) ?? 'default';
  const choose = (value: string) => {
    const chosen = levels.find((one) => one === value);
    if (chosen) attentionStore.setLevel(sessionId, chosen);
  };
  return (
    <MenuRadioGroup aria-label="Notifications" value={level} onValueChange={choose}>
      <MenuLabel>Notifications</MenuLabel>
      {levels.map((one) => (
        <MenuRadioItem key={one} value={one}>
          {names[one]}
        </MenuRadioItem>
      ))}
    </MenuRadioGroup>
  );
}
