import { useEffect, useState } from "react";

import type { Size } from "./geometry";
import { pictureAddress } from "./desk";
import type { ViewedAsset } from "./marks";

/** Of images adopted without their size the picture itself has to say it. */
export function usePictureSize(asset: ViewedAsset): Size {
  const { width, height } = asset;
  const [measured, setMeasured] = useState<Record<string, Size>>({});
  const address = width && height ? null : pictureAddress(asset);
  useEffect(() => {
    if (address === null) return;
    const picture = new Image();
    picture.addEventListener("load", () => {
      setMeasured((before) => ({ ...before, [asset.id]: { width: picture.naturalWidth, height: picture.naturalHeight } }));
    });
    picture.src = address;
  }, [address, asset.id]);
  return width && height ? { width, height } : (measured[asset.id] ?? { width: 640, height: 480 });
}
