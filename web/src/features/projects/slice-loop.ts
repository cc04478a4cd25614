import {
  CallError,
  callProjects,
  Channels,
  type EventBus,
  type ProjectListResponse,
} from '@/shared/websocket';

/** A slice, and the place that it begins behind. */
export type Slice = readonly [after: string, slice: ProjectListResponse];

/** At most so many are gathered; before, as many as there were already: each costs a layout of the list. */
const GATHERED_MAX = 16;

interface Options {
  bus: EventBus;
  /** Slices wait to be drained. */
  onSlices: () => void;
  /** The server does not know the place: it is of another list. */
  onRefused: () => void;
}

/**
 * Asks for the slices of a long list, one at a time, and gathers them. Whoever applies anything else of
 * the topic drains them first, so that all is applied in the order in which it came. Without a connection
 * it does nothing: the join that follows tells what changed meanwhile, and then it goes on where it was.
 */
export class SliceLoop {
  private open: { after: string } | null = null;
  private gathered: Slice[] = [];
  private drained = 0;

  constructor(private readonly options: Options) {}

  /** Goes on behind `after`, if it does not yet. */
  request(after: string): void {
    if (this.open?.after === after) return;
    if (this.options.bus.isJoined(Channels.projects())) void this.run(after);
  }

  drain(): Slice[] {
    const slices = this.gathered;
    this.gathered = [];
    this.drained += slices.length;
    return slices;
  }

  stop(): void {
    this.open = null;
    this.gathered = [];
    this.drained = 0;
  }

  private async run(after: string): Promise<void> {
    const { bus, onRefused } = this.options;
    const mine = { after };
    this.open = mine;
    try {
      const slice = await callProjects(bus, 'snapshot', { after });
      if (this.open === mine) this.take([after, slice]);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (this.open !== mine) return;
      this.stop();
      // Refused for another reason: the next event of the topic asks again.
      if (error.code === 'TIMEOUT') bus.reconnect();
      if (error.code === 'INVALID_FIELD') onRefused();
    }
  }

  private take(slice: Slice): void {
    const [, { next }] = slice;
    this.open = null;
    this.gathered.push(slice);
    if (next !== undefined) this.request(next);
    const enough = Math.min(GATHERED_MAX, Math.max(1, this.drained));
    if (next === undefined || this.gathered.length >= enough) this.options.onSlices();
  }
}
