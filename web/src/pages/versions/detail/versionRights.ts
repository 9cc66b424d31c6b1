import { useMay, useProject } from "../../../api/projectContext";

/** What the viewer may do with versions here: the role allows it, and the project has dataset versions on. */
export function useVersionRights(): { manage: boolean; train: boolean; render: boolean } {
  const { datasetVersions } = useProject().features;
  const manage = useMay("version");
  const train = useMay("train");
  const render = useMay("export");
  return { manage: datasetVersions && manage, train: datasetVersions && train, render: datasetVersions && render };
}
