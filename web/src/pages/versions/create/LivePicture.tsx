import { Button, Group, Loader, Skeleton, Text, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Shuffle } from "lucide-react";
import { useMemo, useState } from "react";
import { useQuery } from "urql";

import { sentence } from "../../../api/errors";
import type { AugmentationInput, PreprocessingInput, VersionsCreatePictureQuery } from "../../../api/generated/graphql";
import { AnnotatedPicture } from "../../../components/AnnotatedPicture";
import { Problem } from "../../../components/Problem";
import { counted } from "../../../components/numbers";
import { PICTURE } from "./documents";
import { useKept } from "./useKept";
import classes from "./Outcome.module.css";

const TYPING_MS = 400;
const COPIES = 3;

export interface Source {
  id: string;
  filename: string;
}
interface Settings {
  preprocessing: PreprocessingInput;
  augmentation: AugmentationInput;
}

/** What the settings make of one of the project's images: it and some of its copies, with their boxes. */
export function LivePicture({ sources, settings }: { sources: readonly Source[]; settings: Settings | null }) {
  const [turn, setTurn] = useState(0);
  const source = sources[turn % sources.length];
  if (!source) return null;
  return (
    <section>
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <Title order={3} size="h5">
          Sample image
        </Title>
        {sources.length > 1 && (
          <Button
            variant="default"
            size="xs"
            mih={32}
            style={{ flex: "none" }}
            leftSection={<Shuffle size={14} aria-hidden />}
            onClick={() => setTurn(turn + 1)}
          >
            Another image
          </Button>
        )}
      </Group>
      <Pictures source={source} settings={settings} />
    </section>
  );
}

function Pictures({ source, settings }: { source: Source; settings: Settings | null }) {
  const wanted = useKept(settings && JSON.stringify(settings));
  const [settled] = useDebouncedValue(wanted, TYPING_MS);
  const variables = useMemo(() => {
    const { preprocessing, augmentation } = JSON.parse(settled ?? "{}") as Partial<Settings>;
    return { assetId: source.id, preprocessing, augmentation, copies: COPIES };
  }, [settled, source.id]);
  const [{ data, error, fetching }] = useQuery({ query: PICTURE, variables, pause: settled === undefined });
  const answer = data?.previewAugmentation;
  const images = useKept(answer?.images.length ? answer.images : null);
  const wrong = error ? sentence(error) : answer?.userErrors.map(({ message }) => message).join(" ");
  const working = fetching || settled !== wanted;
  return (
    <>
      {wrong && !working && <Problem title="No picture of this">{wrong}</Problem>}
      {images ? (
        <Grid images={images} name={source.filename} working={working} />
      ) : (
        !wrong && <Skeleton height={180} aria-label="The picture is being made" />
      )}
    </>
  );
}

function Grid({
  images,
  name,
  working,
}: {
  images: VersionsCreatePictureQuery["previewAugmentation"]["images"];
  name: string;
  working: boolean;
}) {
  const copies = images.length - 1;
  return (
    <>
      <div className={classes.pictures} data-one={copies === 0 || undefined} data-working={working || undefined} aria-busy={working}>
        {images.map(({ dataUrl, width, height, annotations }, index) => (
          <AnnotatedPicture
            key={index}
            src={dataUrl}
            alt={index === 0 ? `${name}, preprocessed` : `Augmented copy ${index}`}
            width={width}
            height={height}
            shapes={annotations}
            lazy={false}
          />
        ))}
        {working && <Loader size="sm" className={classes.working} aria-label="A new picture is being made" />}
      </div>
      <Text size="xs" c="dimmed" mt={6} style={{ overflowWrap: "anywhere" }}>
        {name}, preprocessed{copies > 0 && `, and ${counted(copies, "augmented copy", "augmented copies")}`}
      </Text>
    </>
  );
}
