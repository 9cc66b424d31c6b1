import { ActionIcon, Menu } from "@mantine/core";
import { Download, Ellipsis, FileUp, Pencil, ScanSearch } from "lucide-react";

import { useMay, useProject } from "../../api/projectContext";

/** What is done less often with the images. Nothing where the viewer may do none of it. */
export function ImageActions({
  batchName,
  onImport,
  onExport,
  onRename,
  onDetect,
}: {
  /** Of the upload that is shown, if only one is. */
  batchName: string | null;
  onImport: () => void;
  onExport: () => void;
  onRename: () => void;
  onDetect: (only: "all" | "batch") => void;
}) {
  const { totalImages, classCounts } = useProject();
  const may = { import: useMay("import"), export: useMay("export"), annotate: useMay("annotate"), detect: useMay("detect") };
  if (!Object.values(may).some(Boolean)) return null;
  return (
    <Menu position="bottom-end" width={260} withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label="More for images">
          <Ellipsis size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {may.import && (
          <Menu.Item leftSection={<FileUp size={16} aria-hidden />} onClick={onImport}>
            Import annotations
          </Menu.Item>
        )}
        {may.export && (
          <Menu.Item leftSection={<Download size={16} aria-hidden />} onClick={onExport}>
            Export annotations
          </Menu.Item>
        )}
        {may.annotate && (
          <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={onRename} disabled={classCounts.length === 0}>
            Rename a class
          </Menu.Item>
        )}
        {may.detect && (
          <>
            <Menu.Divider role="separator" />
            <Menu.Item
              leftSection={<ScanSearch size={16} aria-hidden />}
              onClick={() => onDetect("all")}
              disabled={totalImages === 0}
            >
              Detect on all images
            </Menu.Item>
            {batchName !== null && (
              <Menu.Item leftSection={<ScanSearch size={16} aria-hidden />} onClick={() => onDetect("batch")}>
                Detect on {batchName}
              </Menu.Item>
            )}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
