import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Archive, ArchiveRestore, EllipsisVertical, Pencil, RefreshCw, ShieldCheck } from "lucide-react";

import { tell, useAction } from "../../../api/action";
import { graphql } from "../../../api/generated";
import { RECONCILE, VERIFY, type Version } from "./documents";
import { RenameDialog } from "./RenameDialog";
import { CHECK_SECTION } from "./VersionCheck";

const ARCHIVE = graphql(`
  mutation VersionDetailArchive($id: ID!) {
    archiveVersion(id: $id) {
      userErrors {
        code
        message
        field
      }
      version {
        id
        status
      }
    }
  }
`);

const RESTORE = graphql(`
  mutation VersionDetailRestore($id: ID!) {
    restoreVersion(id: $id) {
      userErrors {
        code
        message
        field
      }
      version {
        id
        status
      }
    }
  }
`);

/** What one rarely does with a version. */
export function VersionMenu({ version }: { version: Version }) {
  const { id, status } = version;
  const [renaming, rename] = useDisclosure(false);
  const [archive, archiving] = useAction(ARCHIVE, (data) => data.archiveVersion);
  const [restore, restoring] = useAction(RESTORE, (data) => data.restoreVersion);
  const [verify, verifying] = useAction(VERIFY, (data) => data.verifyVersion);
  const [reconcile, reconciling] = useAction(RECONCILE, (data) => data.reconcileVersion);
  const check = async () => {
    const { payload } = await verify({ id });
    if (payload) document.getElementById(CHECK_SECTION)?.scrollIntoView({ behavior: "smooth" });
  };
  const workOut = async () => {
    const { payload } = await reconcile({ id });
    if (payload?.version?.status === status) tell("The status was right already.");
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            variant="default"
            size={36}
            aria-label="More actions"
            loading={archiving || restoring || verifying || reconciling}
          >
            <EllipsisVertical size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={rename.open}>
            Rename
          </Menu.Item>
          {version.manifest && (
            <Menu.Item leftSection={<ShieldCheck size={16} aria-hidden />} onClick={check}>
              Check the files
            </Menu.Item>
          )}
          {status !== "ARCHIVED" && status !== "FAILED" && (
            <Menu.Item leftSection={<RefreshCw size={16} aria-hidden />} onClick={workOut}>
              Work out the status anew
            </Menu.Item>
          )}
          {(status === "READY" || status === "FAILED") && (
            <Menu.Item leftSection={<Archive size={16} aria-hidden />} onClick={() => archive({ id })}>
              Archive
            </Menu.Item>
          )}
          {status === "ARCHIVED" && (
            <Menu.Item leftSection={<ArchiveRestore size={16} aria-hidden />} onClick={() => restore({ id })}>
              Restore
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <RenameDialog version={version} opened={renaming} onClose={rename.close} />
    </>
  );
}
