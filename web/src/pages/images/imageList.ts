import type { CombinedError } from "urql";

import type { ImagesTileFragment } from "../../api/generated/graphql";
import { imageTile, unlessSame, type ImageTile } from "./imageTile";

const FIRST_PAGE = 60;
const NEXT_PAGE = 120;
const LARGEST_PAGE = 200;

export interface Page {
  assets: readonly ImagesTileFragment[];
  /** Of all that match; where it was asked for. */
  total: number | null;
  end: string | null;
}

export interface PageReader {
  page(first: number, after: string | null, counting: boolean): Promise<Page>;
  image(id: string): Promise<ImagesTileFragment | null>;
}

export interface ImageListState {
  /** Null until the first page has come. */
  tiles: readonly ImageTile[] | null;
  total: number;
  hasMore: boolean;
  loading: boolean;
  error: CombinedError | null;
}

/**
 * The images that match a filter, as far as they have been read. One question at a time; whoever asks meanwhile is
 * served afterwards. Tiles of images that did not change stay the same objects.
 */
export class ImageList {
  #state: ImageListState = { tiles: null, total: 0, hasMore: false, loading: false, error: null };
  #end: string | null = null;
  #reload = 0;
  readonly #listeners = new Set<() => void>();

  constructor(private readonly reader: PageReader) {}

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  state = (): ImageListState => this.#state;

  /** The first page, or the next one. */
  more = (): void => {
    if (this.#state.loading || (this.#state.tiles !== null && !this.#state.hasMore)) return;
    void this.#ask(async () => {
      const before = this.#state.tiles ?? [];
      const isFirst = this.#state.tiles === null;
      const { assets, total, end } = await this.reader.page(isFirst ? FIRST_PAGE : NEXT_PAGE, this.#end, isFirst);
      const known = new Set(before.map(({ id }) => id));
      const fresh = assets.filter(({ id }) => !known.has(id));
      return this.#read([...before, ...this.#tiles(fresh)], total ?? this.#state.total, end);
    });
  };

  /** Reads anew, so many images at least; what was read beyond them is read again when somebody scrolls there. */
  reload = (atLeast: number): void => {
    if (this.#state.loading) {
      this.#reload = Math.max(atLeast, 1);
      return;
    }
    void this.#ask(async () => {
      const found: ImagesTileFragment[] = [];
      let matching = 0;
      let after: string | null = null;
      do {
        const wanted = Math.min(Math.max(atLeast - found.length, FIRST_PAGE), LARGEST_PAGE);
        const { assets, total, end }: Page = await this.reader.page(wanted, after, after === null);
        found.push(...assets);
        matching = total ?? matching;
        after = end;
      } while (after !== null && found.length < atLeast);
      return this.#read(this.#tiles(found), matching, after);
    });
  };

  /** Reads one image anew. */
  refresh = async (id: string): Promise<void> => {
    const asset = await this.reader.image(id);
    const { tiles } = this.#state;
    if (!asset || !tiles) return;
    this.#become({ tiles: tiles.map((tile) => (tile.id === id ? unlessSame(tile, imageTile(asset, Date.now())) : tile)) });
  };

  /** What was read is shown together with the end of the reading: whoever hears of it may ask for more at once. */
  async #ask(work: () => Promise<Partial<ImageListState>>): Promise<void> {
    this.#become({ loading: true });
    const change = await work().catch((error: CombinedError) => ({ error }));
    this.#become({ error: null, ...change, loading: false });
    const wanted = this.#reload;
    if (wanted === 0 || this.#state.loading) return;
    this.#reload = 0;
    this.reload(wanted);
  }

  #tiles(assets: readonly ImagesTileFragment[]): ImageTile[] {
    const before = new Map((this.#state.tiles ?? []).map((tile) => [tile.id, tile]));
    const now = Date.now();
    return assets.map((asset) => unlessSame(before.get(asset.id), imageTile(asset, now)));
  }

  #read(tiles: readonly ImageTile[], total: number, end: string | null): Partial<ImageListState> {
    this.#end = end;
    return { tiles, total, hasMore: end !== null };
  }

  #become(change: Partial<ImageListState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
