import { useSyncExternalStore } from 'react';
import { storage } from '@/lib/storage';
import type { NewsKind } from './news';
import { type Channel, type Level, parseLevels, parseSettings } from './settings';

const SETTINGS = 'attention';
const LEVELS = 'attention-sessions';
/** Sessions with a level of their own; the one set longest ago goes first. */
export const LEVELS_KEPT = 1_000;

function read() {
  return {
    settings: parseSettings(storage.get(SETTINGS)),
    levels: parseLevels(storage.get(LEVELS)),
  };
}

/** Of this browser, not of the server: what may interrupt is a matter of the device. */
class AttentionStore {
  private state = read();
  private readonly listeners = new Set<() => void>();

  readonly get = () => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    if (this.listeners.size === 0) window.addEventListener('storage', this.reload);
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) window.removeEventListener('storage', this.reload);
    };
  };

  readonly level = (sessionId: string): Level => this.state.levels.get(sessionId) ?? 'default';

  set(channel: Channel, kind: NewsKind, on: boolean): void {
    const { settings } = read();
    const next = { ...settings, [channel]: { ...settings[channel], [kind]: on } };
    storage.set(SETTINGS, JSON.stringify(next));
    this.reload();
  }

  setLevel(sessionId: string, level: Level): void {
    const next = new Map(read().levels);
    next.delete(sessionId);
    if (level !== 'default') next.set(sessionId, level);
    const kept = [...next].slice(-LEVELS_KEPT);
    storage.set(LEVELS, kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept)));
    this.reload();
  }

  /** Another tab may have changed it. */
  readonly reload = (): void => {
    this.state = read();
    for (const listener of [...this.listeners]) listener();
  };
}

export const attentionStore = new AttentionStore();

export const useAttentionStore = () =>
  useSyncExternalStore(attentionStore.subscribe, attentionStore.get);
