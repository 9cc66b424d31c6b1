import { Button } from "@mantine/core";

import { useAction } from "../../../api/action";
import { Problem } from "../../../components/Problem";
import { RECONCILE, RETRY } from "./documents";
import { useVersionRights } from "./versionRights";

/** Why a version failed, and what mends it: one that was never frozen is made again, one whose data is lost looked at. */
export function FailedVersion({
  version,
  onChanged,
}: {
  version: { id: string; snapshotAt?: string | null; failureReason?: string | null };
  onChanged?: () => void;
}) {
  const { manage } = useVersionRights();
  const [retry, retrying] = useAction(RETRY, (data) => data.retryVersion);
  const [reconcile, reconciling] = useAction(RECONCILE, (data) => data.reconcileVersion);
  const wasFrozen = Boolean(version.snapshotAt);
  const mend = async (action: typeof retry | typeof reconcile) => {
    await action({ id: version.id });
    onChanged?.();
  };
  const action = wasFrozen ? (
    <Button variant="default" loading={reconciling} onClick={() => mend(reconcile)}>
      Look again
    </Button>
  ) : (
    <Button variant="default" loading={retrying} onClick={() => mend(retry)}>
      Retry
    </Button>
  );
  return (
    <Problem title={wasFrozen ? "What this version froze is lost" : "This version could not be made"} action={manage && action}>
      {version.failureReason}
    </Problem>
  );
}
