import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Archive, ArchiveRestore, Ellipsis, Pencil, ShieldCheck } from "lucide-react";

import { tell, useAction } from "../../api/action";
import { graphql } from "../../api/generated";
import type { ListedVersion } from "./VersionCards";
import { RenameDialog } from "./detail/RenameDialog";
import { VERIFY } from "./detail/documents";

const ARCHIVE = graphql(`
  mutation VersionsPageArchive($id: ID!) {
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
  mutation VersionsPageRestore($id: ID!) {
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

/** What one does more rarely with a version. */
export function VersionCardMenu({ version, onChanged }: { version: ListedVersion; onChanged: () => void }) {
  const { id, status } = version;
  const [renaming, rename] = useDisclosure(false);
  const [archive, archiving] = useAction(ARCHIVE, (data) => data.archiveVersion);
  const [restore, restoring] = useAction(RESTORE, (data) => data.restoreVersion);
  const [verify, verifying] = useAction(VERIFY, (data) => data.verifyVersion);
  const act = async (action: typeof archive | typeof restore | typeof verify, said: string) => {
    const { payload } = await action({ id });
    if (payload) tell(said);
    onChanged();
  };
  const name = `v${version.version}`;
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon
            variant="default"
            size={32}
            ml="auto"
            aria-label={`More actions for ${name}`}
            loading={archiving || restoring || verifying}
          >
            <Ellipsis size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={rename.open}>
            Rename
          </Menu.Item>
          {version.manifest && (
            <Menu.Item
              leftSection={<ShieldCheck size={16} aria-hidden />}
              onClick={() => act(verify, `The files of ${name} are being checked.`)}
            >
              Check the files
            </Menu.Item>
          )}
          {(status === "READY" || status === "FAILED") && (
            <Menu.Item
              leftSection={<Archive size={16} aria-hidden />}
              onClick={() => act(archive, `${name} is archived; “Show archived” lists it.`)}
            >
              Archive
            </Menu.Item>
          )}
          {status === "ARCHIVED" && (
            <Menu.Item
              leftSection={<ArchiveRestore size={16} aria-hidden />}
              onClick={() => act(restore, `${name} is restored.`)}
            >
              Restore
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <RenameDialog version={version} opened={renaming} onClose={rename.close} />
    </>
  );
}
