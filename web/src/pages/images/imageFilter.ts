import type { AssetFilter } from "../../api/generated/graphql";

/** Which images are shown, as the address says it: `?batch=…&class=…&annotated=no&pending=yes&search=…`. */
export interface ImageFilter {
  batch: string | null;
  className: string | null;
  annotated: boolean | null;
  pending: boolean | null;
  search: string;
}

const WORDS = { annotated: "annotated", pending: "pending" } as const;

export function readFilter(address: URLSearchParams): ImageFilter {
  return {
    batch: address.get("batch"),
    className: address.get("class"),
    annotated: yesOrNo(address.get(WORDS.annotated)),
    pending: yesOrNo(address.get(WORDS.pending)),
    search: address.get("search") ?? "",
  };
}

export function writeFilter({ batch, className, annotated, pending, search }: ImageFilter): URLSearchParams {
  const address = new URLSearchParams();
  if (batch) address.set("batch", batch);
  if (className) address.set("class", className);
  if (annotated !== null) address.set(WORDS.annotated, annotated ? "yes" : "no");
  if (pending !== null) address.set(WORDS.pending, pending ? "yes" : "no");
  if (search) address.set("search", search);
  return address;
}

/** As the API takes it; null where all images are meant. */
export function apiFilter(filter: ImageFilter): AssetFilter | null {
  if (!isFiltering(filter)) return null;
  return {
    uploadBatchId: filter.batch,
    className: filter.className,
    annotated: filter.annotated,
    hasPending: filter.pending,
    search: filter.search || null,
  };
}

export function isFiltering(filter: ImageFilter): boolean {
  return writeFilter(filter).size > 0;
}

export const NO_FILTER: ImageFilter = { batch: null, className: null, annotated: null, pending: null, search: "" };

function yesOrNo(word: string | null): boolean | null {
  return word === "yes" ? true : word === "no" ? false : null;
}
