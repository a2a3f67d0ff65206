import type { FeedGroup } from './feed.ts';
import type { Listener, Subscriber } from './follower.ts';

/** What a part needs of the stream that it belongs to. */
type Whole = Pick<Subscriber, 'isOpen' | 'isStarted' | 'drained'>;

/** The part of a stream of several groups that follows one of them. It ends with the stream, or before. */
export abstract class GroupPart<Group extends FeedGroup, Stream extends Whole> {
  readonly group: Group;
  readonly listener: Listener;
  protected readonly stream: Stream;
  readonly #endings: (() => void)[] = [];
  cursor = 0;
  tag: string | undefined;
  authorisedAt = 0;
  #isOver = false;

  constructor(group: Group, listener: Listener, stream: Stream) {
    this.group = group;
    this.listener = listener;
    this.stream = stream;
  }

  /** Whether it has ended, alone or with its stream. */
  protected get isOver(): boolean {
    return this.#isOver;
  }

  get isOpen(): boolean {
    return !this.#isOver && this.stream.isOpen;
  }

  get isStarted(): boolean {
    return this.stream.isStarted;
  }

  atEnd(ending: () => void): void {
    if (this.#isOver) ending();
    else this.#endings.push(ending);
  }

  /** Ends this part only. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const ending of this.#endings.splice(0)) ending();
  }

  drained(): Promise<void> {
    return this.stream.drained();
  }
}
