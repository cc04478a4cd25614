/** Waiting for things to become so, without sleeping for a guessed time. */

/** MUSTER_TEST_WAIT_MS: another limit, to see sooner where a test hangs. */
const DEFAULT_MS = Number(process.env.MUSTER_TEST_WAIT_MS ?? 20_000);
const POLL_MS = 20;
/** Of what was seen last, in a message. */
const STORY_CHARS = 2000;

/**
 * Rejects where the promise takes longer than it may.
 * @template T
 * @param {Promise<T>} promise
 * @param {string | (() => string)} what  for the message: "waited 20000 ms for WHAT"
 * @returns {Promise<T>}
 */
export function within(promise, what, ms = DEFAULT_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const text = typeof what === "function" ? what() : what;
      reject(new Error(`waited ${ms} ms for ${text}`));
    }, ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * A growing list in which one can wait for an item, seen already or yet to come.
 * @template T
 */
export class Feed {
  /** @type {T[]} */
  items = [];
  #watchers = new Set();
  #taken = 0;

  /** @param {T} item */
  add(item) {
    this.items.push(item);
    for (const check of [...this.#watchers]) check();
  }

  /**
   * The first item at or after `from` that satisfies the predicate.
   * @param {(item: T) => boolean} predicate
   */
  async find(predicate, { what = "an item", ms = DEFAULT_MS, from = 0 } = {}) {
    return this.items[await this.#indexOf(predicate, { what, ms, from })];
  }

  /** Like find, but past what earlier calls of `next` returned: reads the list in order. */
  async next(predicate = () => true, { what = "the next item", ms = DEFAULT_MS } = {}) {
    const at = await this.#indexOf(predicate, { what, ms, from: this.#taken });
    this.#taken = at + 1;
    return this.items[at];
  }

  /** Calls the function with every item, those of now and those to come, in order. */
  each(act) {
    let done = 0;
    const watcher = () => {
      while (done < this.items.length) act(this.items[done++]);
    };
    this.#watchers.add(watcher);
    watcher();
  }

  /** What came after the last item that `next` returned. */
  rest() {
    return this.items.slice(this.#taken);
  }

  #indexOf(predicate, { what, ms, from }) {
    let checked = from;
    let watcher;
    const found = new Promise((resolve) => {
      watcher = () => {
        for (; checked < this.items.length; checked += 1) {
          if (predicate(this.items[checked])) return resolve(checked);
        }
      };
      this.#watchers.add(watcher);
      watcher();
    });
    const story = () => `${what}; the last seen: ${JSON.stringify(this.items.slice(-5)).slice(0, STORY_CHARS)}`;
    return within(found, story, ms).finally(() => this.#watchers.delete(watcher));
  }
}

/**
 * Asks again and again until the answer is truthy: for what gives no event, such as /proc.
 * Between two asks sockets get their turn: two polls whose asks take longer than the pause would run
 * by turns in node's timers phase and never leave it, and a server in this process would stand still.
 * @template T
 * @param {() => T | Promise<T>} ask
 */
export async function poll(ask, what, ms = DEFAULT_MS) {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
