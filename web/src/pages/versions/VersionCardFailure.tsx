import { Button } from "@mantine/core";
import { Link } from "wouter";

import { useAction } from "../../api/action";
import { Problem } from "../../components/Problem";
import type { ListedVersion } from "./VersionCards";
import { RETRY } from "./detail/documents";
import { useVersionRights } from "./detail/versionRights";

/** Why a version failed, with the button that mends it. One that had been frozen is looked into on its page. */
export function VersionCardFailure({ version, onChanged }: { version: ListedVersion; onChanged: () => void }) {
  const { manage } = useVersionRights();
  const [retry, busy] = useAction(RETRY, (data) => data.retryVersion);
  const again = async () => {
    await retry({ id: version.id });
    onChanged();
  };
  const action = version.snapshotAt ? (
    <Button component={Link} to={`/versions/${version.version}`} variant="default" size="xs">
      Look into it
    </Button>
  ) : (
    <Button variant="default" size="xs" loading={busy} onClick={again}>
      Retry
    </Button>
  );
  return (
    <Problem title={version.snapshotAt ? "What it froze is lost" : "It could not be made"} action={manage && action}>
      {version.failureReason}
    </Problem>
  );
}
