import { useEffect, useState, type CSSProperties } from "react";

import { AnnotatedPicture, type Shape } from "../../../components/AnnotatedPicture";

interface Sharpening {
  url: string;
  width: number;
  height: number;
  asset?: { large: string } | null;
}

/** The thumbnail at once, the original as soon as the browser has it; one that it cannot show, as a TIFF, never. */
export function SharpeningPicture({
  image: { url, asset, width, height },
  alt,
  shapes,
  style,
}: {
  image: Sharpening;
  alt: string;
  shapes: readonly Shape[];
  style?: CSSProperties;
}) {
  const [sharp, setSharp] = useState(false);
  useEffect(() => {
    const original = new Image();
    original.addEventListener("load", () => setSharp(true));
    original.src = url;
    return () => original.removeAttribute("src");
  }, [url]);
  const src = sharp || !asset ? url : asset.large;
  return <AnnotatedPicture src={src} alt={alt} width={width} height={height} shapes={shapes} lazy={false} style={style} />;
}
