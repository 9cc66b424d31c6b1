import { describe, expect, it } from "vitest";

import type { ImagesTileFragment } from "../../api/generated/graphql";
import { ImageList, type PageReader } from "./imageList";

const asset = (id: string, objects = 0): ImagesTileFragment => ({
  id,
  filename: `${id}.jpg`,
  width: 400,
  height: 300,
  thumbnailUrl: `${id}?expires=${Math.random()}`,
  annotations: Array.from({ length: objects }, (_, index) => ({
    id: `${id}-${index}`,
    weedType: "wattle",
    box: { x: index, y: 0, width: 2, height: 2 },
    polygon: null,
  })),
  pendingAnnotations: [],
});

/** A server with images in order; `after` is the id of the last one. */
class Images implements PageReader {
  all: ImagesTileFragment[];
  asked: number[] = [];
  failing = false;

  constructor(count: number) {
    this.all = Array.from({ length: count }, (_, index) => asset(String(index)));
  }

  page = async (first: number, after: string | null, counting: boolean) => {
    this.asked.push(first);
    if (this.failing) throw new Error("away");
    const from = after === null ? 0 : this.all.findIndex(({ id }) => id === after) + 1;
    // As the server: the same image under an address of its own at each reading.
    const assets = this.all.slice(from, from + first).map((one) => ({ ...one, thumbnailUrl: `${one.id}?${Math.random()}` }));
    const end = from + first < this.all.length ? (assets.at(-1)?.id ?? null) : null;
    return { assets, total: counting ? this.all.length : null, end };
  };

  image = async (id: string) => this.all.find((one) => one.id === id) ?? null;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const ids = (list: ImageList) => list.state().tiles?.map(({ id }) => Number(id));

describe("ImageList", () => {
  it("reads page after page to the end, and no further", async () => {
    const server = new Images(200);
    const list = new ImageList(server);
    for (let turn = 0; turn < 5; turn += 1) {
      list.more();
      list.more();
      await settle();
    }
    expect(ids(list)).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(server.asked).toEqual([60, 120, 120]);
    expect(list.state()).toMatchObject({ total: 200, hasMore: false, loading: false });
  });

  it("goes on for whoever asks for more as soon as a page is there", async () => {
    const list = new ImageList(new Images(400));
    let shown = 0;
    list.subscribe(() => {
      const length = list.state().tiles?.length ?? 0;
      if (length === shown) return;
      shown = length;
      list.more();
    });
    list.more();
    await settle();
    expect(ids(list)).toHaveLength(400);
    expect(list.state().loading).toBe(false);
  });

  it("keeps the tiles of images that did not change when it reads anew", async () => {
    const server = new Images(50);
    const list = new ImageList(server);
    list.more();
    await settle();
    const before = list.state().tiles ?? [];
    server.all[3] = asset("3", 2);
    server.all.splice(10, 1);
    list.reload(20);
    await settle();
    const after = list.state().tiles ?? [];
    expect(after).toHaveLength(49);
    expect(after[2]).toBe(before[2]);
    expect(after[3]).toMatchObject({ objects: 2, src: before[3]?.src });
  });

  it("reads anew what is in sight, and the rest again when somebody scrolls there", async () => {
    const server = new Images(500);
    const list = new ImageList(server);
    for (let turn = 0; turn < 3; turn += 1) {
      list.more();
      await settle();
    }
    list.reload(70);
    await settle();
    expect(ids(list)).toHaveLength(70);
    list.more();
    await settle();
    expect(ids(list)).toEqual(Array.from({ length: 190 }, (_, index) => index));
  });

  it("reads anew once when news comes while it reads", async () => {
    const server = new Images(10);
    const list = new ImageList(server);
    list.more();
    list.reload(5);
    list.reload(8);
    await settle();
    expect(server.asked).toHaveLength(2);
  });

  it("keeps what it has when a page cannot be read, and goes on afterwards", async () => {
    const server = new Images(100);
    const list = new ImageList(server);
    list.more();
    await settle();
    server.failing = true;
    list.more();
    await settle();
    expect(ids(list)).toHaveLength(60);
    expect(list.state().error).not.toBeNull();
    server.failing = false;
    list.more();
    await settle();
    expect(ids(list)).toHaveLength(100);
    expect(list.state().error).toBeNull();
  });

  it("reads one image anew that was edited", async () => {
    const server = new Images(5);
    const list = new ImageList(server);
    list.more();
    await settle();
    server.all[1] = asset("1", 3);
    await list.refresh("1");
    expect(list.state().tiles?.[1]).toMatchObject({ objects: 3 });
    expect(list.state().tiles?.[1]?.outlines).toEqual([
      { weedType: "wattle", count: 3, pending: false, path: "M0 0h2v2h-2zM1 0h2v2h-2zM2 0h2v2h-2z" },
    ]);
  });
});
