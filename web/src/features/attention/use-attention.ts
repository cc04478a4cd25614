import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { usePageAttended } from '@/lib/visibility';
import { readView } from '@/shared/rows/store';
import { useOnRows } from '@/shared/rows/use-view';
import { AttentionWatch } from './attention-watch';
import { listenForClicks, showNotification } from './notifications';
import { attentionStore, useAttentionStore } from './settings-store';
import { showStanding } from './show-standing';
import { standingOf, unverified } from './standing';
import { holdViewing, runForLeader, viewedAnywhere } from './tabs';
import { playTone } from './tones';

const makeWatch = () =>
  new AttentionWatch({
    settings: () => attentionStore.get().settings,
    levelOf: attentionStore.level,
    viewedAnywhere,
    show: showNotification,
    play: (kind) => void playTone(kind),
  });

/** Title, icon, notifications and sounds for what happens where one does not look. */
export function useAttention(
  sessionId: string | undefined,
  verified: boolean,
  open: (path: string) => void,
) {
  const { levels } = useAttentionStore();
  const [watch] = useState(makeWatch);
  const attended = usePageAttended();
  const viewed = attended ? (sessionId ?? null) : null;
  useEffect(() => {
    const resign = runForLeader(() => watch.lead());
    return () => {
      resign();
      watch.stop();
    };
  }, [watch]);
  useEffect(() => watch.openBy(open), [watch, open]);
  useEffect(() => listenForClicks(open), [open]);
  useEffect(() => {
    watch.view(viewed);
    return viewed === null ? undefined : holdViewing(viewed);
  }, [watch, viewed]);
  const client = useQueryClient();
  const show = useCallback(() => {
    const rows = readView(client).projects ?? [];
    const standing = standingOf(rows, viewed, (id) => levels.get(id) ?? 'default');
    showStanding(verified ? standing : unverified(standing));
  }, [client, viewed, levels, verified]);
  useEffect(show, [show]);
  useOnRows((rows, partial) => {
    watch.take(rows, partial);
    show();
  });
}
