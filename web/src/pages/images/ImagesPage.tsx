import { Button } from "@mantine/core";
import { ClipboardCheck, Images } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { Link, useSearchParams } from "wouter";

import { useLiveQuery, useReadAnew } from "../../api/live";
import { useMay, useProject } from "../../api/projectContext";
import { EmptyState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { counted } from "../../components/numbers";
import { UploadPanel } from "../../uploads/UploadPanel";
import { useUploads } from "../../uploads/useUploads";
import { DetectDialog, type DetectionScope } from "./DetectDialog";
import { IMAGES_ASIDE } from "./documents";
import { DropArea } from "./DropArea";
import { ExportDialog } from "./ExportDialog";
import { FilterBar } from "./FilterBar";
import { ImageActions } from "./ImageActions";
import { ImageBrowser } from "./ImageBrowser";
import { isFiltering, NO_FILTER, readFilter, writeFilter, type ImageFilter } from "./imageFilter";
import { ImportDialog } from "./ImportDialog";
import { RenameClassDialog } from "./RenameClassDialog";
import { UploadButtons } from "./UploadButtons";
import { useTakeFiles } from "./useTakeFiles";

const NEWS = ["UPLOAD_CHANGED", "DETECTION_CHANGED", "IMPORT_CHANGED", "PROJECT_CHANGED"] as const;

type Dialog = "import" | "export" | "rename" | null;

/** All images of the project: filtered, chosen, opened one by one; and where new ones come in. */
export default function ImagesPage({ assetId }: { assetId?: string }) {
  const project = useProject();
  const mayUpload = useMay("upload");
  const readAnew = useReadAnew();
  const [address, setAddress] = useSearchParams();
  const query = address.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(query)), [query]);
  const change = useCallback(
    (next: Partial<ImageFilter>) =>
      setAddress((before) => writeFilter({ ...readFilter(before), ...next }), { replace: true }),
    [setAddress],
  );
  const [{ data }] = useLiveQuery(IMAGES_ASIDE, { id: project.id }, NEWS);
  const batches = data?.project.uploadBatches.nodes ?? [];
  const [dialog, setDialog] = useState<Dialog>(null);
  const [detecting, setDetecting] = useState<DetectionScope | null>(null);
  const take = useTakeFiles(project.id);
  const { running } = useUploads(project.id);

  const batch = batches.find(({ id }) => id === filter.batch);
  const close = () => setDialog(null);
  const empty = project.totalImages === 0 && !isFiltering(filter) && !assetId;
  return (
    <>
      <PageHead title="Images">
        {(data?.project.assets.totalCount ?? 0) > 0 && <ReviewLink images={data?.project.assets.totalCount ?? 0} />}
        {mayUpload && (!empty || running) && <UploadButtons onFiles={take} />}
        <ImageActions
          batchName={batch?.name ?? null}
          onImport={() => setDialog("import")}
          onExport={() => setDialog("export")}
          onRename={() => setDialog("rename")}
          onDetect={(only) => setDetecting(only === "batch" && batch ? { uploadBatchId: batch.id, name: batch.name } : "all")}
        />
      </PageHead>
      <UploadPanel projectId={project.id} />
      {mayUpload && !assetId && dialog === null && <DropArea onFiles={take} />}
      {empty && !running ? (
        <NoImages mayUpload={mayUpload} buttons={<UploadButtons onFiles={take} />} />
      ) : (
        <>
          {!empty && <FilterBar filter={filter} batches={batches} onChange={change} />}
          <ImageBrowser
            assetId={assetId}
            filter={filter}
            query={query}
            onClear={() => change(NO_FILTER)}
            onDetect={(assetIds) => setDetecting({ assetIds })}
            onEdited={readAnew}
          />
        </>
      )}
      <ImportDialog opened={dialog === "import"} onClose={close} />
      <ExportDialog opened={dialog === "export"} onClose={close} batches={batches} batch={filter.batch} />
      <RenameClassDialog opened={dialog === "rename"} onClose={close} first={filter.className} />
      <DetectDialog scope={detecting} onClose={() => setDetecting(null)} />
    </>
  );
}

function ReviewLink({ images }: { images: number }) {
  return (
    <Button component={Link} to="/review" variant="light" leftSection={<ClipboardCheck size={16} aria-hidden />}>
      Review findings on {counted(images, "image")}
    </Button>
  );
}

function NoImages({ mayUpload, buttons }: { mayUpload: boolean; buttons: React.ReactNode }) {
  if (!mayUpload) {
    return (
      <EmptyState icon={Images} title="No images yet">
        A member of the team uploads them; they then appear here.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={Images} title="Drop a folder of drone photos here" action={buttons}>
      JPEG, PNG, TIFF and WebP, with all folders below it. An upload that was interrupted goes on when the same folder is
      dropped again.
    </EmptyState>
  );
}
