import type { ViewerAssetQuery } from "../../api/generated/graphql";
import type { Outline } from "./geometry";

export type ViewedAsset = ViewerAssetQuery["asset"];
type SavedAnnotation = ViewedAsset["annotations"][number];
export type PendingMark = ViewedAsset["pendingAnnotations"][number] & Outline & { key: string; pending: true };

/** An annotation as it is edited here: `key` stays the same while the server may know it by one id after another. */
export interface Mark extends Outline {
  key: string;
  weedType: string;
  confidence: number | null;
  verified: boolean;
  source: SavedAnnotation["source"];
  geoCoordinates: unknown;
}

export function markOf(key: string, saved: SavedAnnotation): Mark {
  return {
    key,
    weedType: saved.weedType,
    box: saved.box,
    polygon: saved.polygon?.length ? saved.polygon : null,
    confidence: saved.confidence ?? null,
    verified: saved.verified,
    source: saved.source,
    geoCoordinates: saved.geoCoordinates,
  };
}

/** What a person draws was seen by a person. */
export function drawn(key: string, weedType: string, outline: Outline): Mark {
  return { ...outline, key, weedType, confidence: null, verified: true, source: "MANUAL", geoCoordinates: null };
}

export function accepted(pending: PendingMark): Mark {
  const { key, weedType, box, polygon, confidence, source } = pending;
  return { key, weedType, box, polygon, confidence, source, verified: true, geoCoordinates: null };
}
