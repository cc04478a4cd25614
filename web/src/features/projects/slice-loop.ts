import {
  CallError,
  callProjects,
  Channels,
  type EventBus,
  type ProjectListResponse,
} from '@/shared/websocket';

interface Options {
  bus: EventBus;
  onSlice: (after: string, slice: ProjectListResponse) => void;
  /** The server does not know the place: it is of another list. */
  onRefused: () => void;
}

/**
 * Asks for the slices of a long list, one at a time. Without a connection it does nothing: the join
 * that follows tells what changed meanwhile, and then it goes on where it was.
 */
export class SliceLoop {
  private open: object | null = null;

  constructor(private readonly options: Options) {}

  request(after: string): void {
    if (!this.open && this.options.bus.isJoined(Channels.projects())) void this.run(after);
  }

  stop(): void {
    this.open = null;
  }

  private async run(after: string): Promise<void> {
    const { bus, onSlice, onRefused } = this.options;
    const mine = {};
    this.open = mine;
    try {
      const slice = await callProjects(bus, 'snapshot', { after });
      if (this.open !== mine) return;
      this.stop();
      onSlice(after, slice);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (this.open !== mine) return;
      this.stop();
      // Refused for another reason: the next event of the topic asks again.
      if (error.code === 'TIMEOUT') bus.reconnect();
      if (error.code === 'INVALID_FIELD') onRefused();
    }
  }
}
