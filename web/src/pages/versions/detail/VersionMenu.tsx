import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Archive, ArchiveRestore, EllipsisVertical, Pencil, RefreshCw, ShieldCheck } from "lucide-react";

import { tell, useAction } from "../../../api/action";
import { graphql } from "../../../api/generated";
import { RECONCILE, VERIFY } from "./documents";
import { RenameDialog } from "./RenameDialog";
import { CHECK_SECTION } from "./VersionCheck";

const ARCHIVE = graphql(`
  mutation VersionMenuArchive($id: ID!) {
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
  mutation VersionMenuRestore($id: ID!) {
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

interface OfMenu {
  id: string;
  version: number;
  displayName?: string | null;
  status: string;
  manifest?: object | null;
}

/** What one rarely does with a version. `onChanged`: where it stands in a list that no news re-reads. */
export function VersionMenu({ version, onChanged }: { version: OfMenu; onChanged?: () => void }) {
  const { id, status } = version;
  const [renaming, rename] = useDisclosure(false);
  const [archive, archiving] = useAction(ARCHIVE, (data) => data.archiveVersion);
  const [restore, restoring] = useAction(RESTORE, (data) => data.restoreVersion);
  const [verify, verifying] = useAction(VERIFY, (data) => data.verifyVersion);
  const [reconcile, reconciling] = useAction(RECONCILE, (data) => data.reconcileVersion);
  const name = `v${version.version}`;
  const act = async (action: typeof archive | typeof restore | typeof verify, said: string) => {
    const { payload } = await action({ id });
    if (payload) tell(said);
    onChanged?.();
    return payload !== null;
  };
  const check = async () => {
    const begun = await act(verify, `The files of ${name} are being checked.`);
    if (begun) document.getElementById(CHECK_SECTION)?.scrollIntoView({ behavior: "smooth" });
  };
  const workOut = async () => {
    const { payload } = await reconcile({ id });
    if (payload?.version?.status === status) tell("The status was right already.");
    onChanged?.();
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            variant="default"
            size={36}
            aria-label={`More actions for ${name}`}
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
            <Menu.Item leftSection={<Archive size={16} aria-hidden />} onClick={() => act(archive, `${name} is archived; “Show archived” lists it.`)}>
              Archive
            </Menu.Item>
          )}
          {status === "ARCHIVED" && (
            <Menu.Item leftSection={<ArchiveRestore size={16} aria-hidden />} onClick={() => act(restore, `${name} is restored.`)}>
              Restore
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <RenameDialog version={version} opened={renaming} onClose={rename.close} />
    </>
  );
}
