import { useEffect, useState } from "react";

import { AnnotatedPicture } from "../../../components/AnnotatedPicture";
import type { FrozenImage } from "./FrozenImages";

/** The thumbnail at once, the original as soon as the browser has it. */
export function SharpeningPicture({ image }: { image: FrozenImage }) {
  const { asset, url, width, height } = image;
  const [sharp, setSharp] = useState(asset === null);
  useEffect(() => {
    const original = new Image();
    original.addEventListener("load", () => setSharp(true));
    original.src = url;
    return () => original.removeAttribute("src");
  }, [url]);
  return (
    <AnnotatedPicture
      src={sharp || !asset ? url : asset.large}
      alt={`${image.filename} with the annotations that were frozen`}
      width={width}
      height={height}
      shapes={image.annotations}
      lazy={false}
      style={{ width: `min(100%, calc(72vh * ${width / height}))`, margin: "0 auto" }}
    />
  );
}
