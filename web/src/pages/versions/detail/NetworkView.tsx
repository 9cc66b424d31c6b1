import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "urql";

import { graphql } from "../../../api/generated";
import { AnnotatedPicture } from "../../../components/AnnotatedPicture";
import { Problem, QueryProblem } from "../../../components/Problem";
import classes from "./FrozenImageDialog.module.css";
import type { FrozenImage } from "./FrozenImages";

const PREVIEW = graphql(`
  query VersionDetailNetworkView($assetId: ID!, $versionId: ID!) {
    previewAugmentation(assetId: $assetId, versionId: $versionId, copies: 5) {
      userErrors {
        code
        message
        field
      }
      images {
        dataUrl
        width
        height
        annotations {
          weedType
          box {
            x
            y
            width
            height
          }
        }
      }
    }
  }
`);

/** Of one picture, in pixels: the server makes them no larger. */
const WIDEST = 420;

/** What preprocessing and augmentation make of the image: the pictures that a training of this version is given. */
export function NetworkView({ versionId, image }: { versionId: string; image: FrozenImage }) {
  const [{ data, error }, execute] = useQuery({ query: PREVIEW, variables: { assetId: image.assetId, versionId } });
  if (error && !data) return <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />;
  if (!data) {
    return (
      <div className={classes.pictures} role="status" aria-label="Rendering">
        <Skeleton height={240} />
        <Skeleton height={240} />
        <Skeleton height={240} />
      </div>
    );
  }
  const { images, userErrors } = data.previewAugmentation;
  if (userErrors.length) return <Problem title="This image cannot be shown so">{userErrors.map((one) => one.message).join(" ")}</Problem>;
  return (
    <>
      <ul className={classes.pictures} style={{ maxWidth: images.length * WIDEST }}>
        {images.map((picture, index) => (
          <li key={index}>
            <AnnotatedPicture
              src={picture.dataUrl}
              alt={index === 0 ? `${image.filename}, preprocessed` : `Augmented copy ${index} of ${image.filename}`}
              width={picture.width}
              height={picture.height}
              shapes={picture.annotations}
            />
            <Text size="sm" c="dimmed" mt={4}>
              {index === 0 ? "Preprocessed" : `Copy ${index}`}
            </Text>
          </li>
        ))}
      </ul>
      {image.split !== "TRAIN" && (
        <Text size="sm" c="dimmed" mt="sm">
          Validation and test images are preprocessed alone: what a model is measured on is never augmented.
        </Text>
      )}
    </>
  );
}
