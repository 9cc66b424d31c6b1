import type { CSSProperties } from "react";

import { useClassColours } from "./ClassName";
import classes from "./AnnotatedPicture.module.css";

export interface Shape {
  id?: string;
  weedType: string;
  box: { x: number; y: number; width: number; height: number };
  polygon?: readonly { x: number; y: number }[] | null;
  confidence?: number | null;
  /** A model's, not reviewed: drawn dashed. */
  pending?: boolean;
  /** `bold` for what changed, `faint` for the rest. */
  weight?: "bold" | "faint";
}

/**
 * A picture with its boxes and polygons as thin strokes that stay 2 pixels wide at any zoom. Shapes are in pixels of the
 * picture whose `width` and `height` are given, whatever size `src` has.
 */
export function AnnotatedPicture({
  src,
  alt,
  width,
  height,
  shapes,
  fit = "contain",
  style,
  lazy = true,
}: {
  src: string;
  alt: string;
  width: number;
  height: number;
  shapes: readonly Shape[];
  fit?: "contain" | "cover";
  style?: CSSProperties;
  lazy?: boolean;
}) {
  return (
    <span className={classes.frame} style={{ aspectRatio: `${width} / ${height}`, ...style }}>
      <img src={src} alt={alt} loading={lazy ? "lazy" : "eager"} decoding="async" className={classes.image} style={{ objectFit: fit }} />
      <svg
        viewBox={`0 0 ${width} ${height}`}
        className={classes.overlay}
        preserveAspectRatio={fit === "cover" ? "xMidYMid slice" : "xMidYMid meet"}
        aria-hidden
      >
        <Shapes shapes={shapes} />
      </svg>
    </span>
  );
}

/** The strokes alone, for an SVG whose viewBox is the picture's pixels. Class and confidence show on hover. */
export function Shapes({ shapes }: { shapes: readonly Shape[] }) {
  const colourOf = useClassColours();
  return shapes.map((shape, index) => {
    const { x, y, width, height } = shape.box;
    const looks = {
      stroke: colourOf(shape.weedType),
      className: [classes.shape, shape.pending && classes.pending, shape.weight && classes[shape.weight]]
        .filter(Boolean)
        .join(" "),
    };
    const title = <title>{shape.confidence == null ? shape.weedType : `${shape.weedType} ${Math.round(shape.confidence * 100)} %`}</title>;
    return shape.polygon?.length ? (
      <polygon key={shape.id ?? index} points={shape.polygon.map((point) => `${point.x},${point.y}`).join(" ")} {...looks}>
        {title}
      </polygon>
    ) : (
      <rect key={shape.id ?? index} x={x} y={y} width={width} height={height} {...looks}>
        {title}
      </rect>
    );
  });
}
