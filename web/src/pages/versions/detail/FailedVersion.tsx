import { Button } from "@mantine/core";

import { useAction } from "../../../api/action";
import { Problem } from "../../../components/Problem";
import { RECONCILE, RETRY, type Version } from "./documents";
import { useVersionRights } from "./versionRights";

/** Why a version failed, and what mends it: one that was never frozen is made again, one whose data is lost looked at. */
export function FailedVersion({ version }: { version: Version }) {
  const { manage } = useVersionRights();
  const [retry, retrying] = useAction(RETRY, (data) => data.retryVersion);
  const [reconcile, reconciling] = useAction(RECONCILE, (data) => data.reconcileVersion);
  const wasFrozen = version.snapshotAt !== null;
  const action = wasFrozen ? (
    <Button variant="default" loading={reconciling} onClick={() => reconcile({ id: version.id })}>
      Look again
    </Button>
  ) : (
    <Button variant="default" loading={retrying} onClick={() => retry({ id: version.id })}>
      Retry
    </Button>
  );
  return (
    <Problem title={wasFrozen ? "What this version froze is lost" : "This version could not be made"} action={manage && action}>
      {version.failureReason}
    </Problem>
  );
}
